import { endAll, hasFlavour } from '../../test/support/servers.ts';
import { chooseLoad, type LoadGenerator } from './load.ts';
import { type BenchOptions, readOptions, USAGE } from './options.ts';
import { cpuMicroseconds } from './processes.ts';
import { busyness, makeReport, printReport, type Sample } from './report.ts';
import { checkAnswers } from './table.ts';
import { startTargets, type Target } from './targets.ts';

/**
 * Before anything counts each target answers so many queries, for at most so long: a just-in-time compiler goes by calls, not by seconds, and on a busy
 * machine few seconds leave half of a gate's code interpreted.
 */
const WARM_UP_QUERIES = 100_000;
const WARM_UP_SECONDS = 20;

/** Measures point selects through each target, side by side; see bench/README.md for how to read what it prints. */
async function main(options: BenchOptions): Promise<void> {
  if (!(await hasFlavour(options.flavour))) throw new Error(`no ${options.flavour} server here`);
  const busyBefore = busyness();
  const load = await chooseLoad(options.load);
  const started: Target[] = [];
  const cleanUp = once(async () => {
    for (const target of started.reverse()) await target.stop();
    await endAll();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
  try {
    await startTargets(options, started);
    const targets = started.filter(({ name }) => options.targets.includes(name));
    for (const { name, port } of targets) {
      await checkAnswers(name, port, options.rows);
      await warmUp(load, port, options);
    }
    const samples: Sample[] = [];
    for (let round = 0; round < options.rounds; round++) {
      for (const connections of options.connections) {
        for (let i = 0; i < targets.length; i++) {
          // Another one begins each round: what drifts over a round must not always meet the same target.
          const target = targets[(i + round) % targets.length]!;
          const before = cpuMicroseconds(target.pid);
          const result = await load.run({ port: target.port, connections, seconds: options.seconds, rows: options.rows });
          samples.push({ target: target.name, connections, round, cpuUs: cpuMicroseconds(target.pid) - before, ...result });
          if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1}/${options.rounds}, ${connections} connections, ${target.name}        `);
        }
      }
    }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const report = makeReport(options, busyBefore, load.about, Object.fromEntries(targets.map(({ name, about }) => [name, about])), samples);
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
    const limit = options.maxRatio;
    const over = limit === undefined ? [] : report.rows.filter((row) => row.target === 'gate' && (row.cpuToRelay ?? 0) > limit);
    for (const row of over) process.stderr.write(`gate/relay at ${row.connections} connections: ${row.cpuToRelay?.toFixed(2)}, above ${limit}\n`);
    if (over.length > 0) process.exitCode = 1;
  } finally {
    await cleanUp();
  }
}

/** Ending comes from the end of the run or from a signal, and both wait for the same. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}

async function warmUp(load: LoadGenerator, port: number, options: BenchOptions): Promise<void> {
  const seconds = 2;
  let queries = 0;
  for (let spent = 0; queries < WARM_UP_QUERIES && spent < WARM_UP_SECONDS; spent += seconds) {
    queries += (await load.run({ port, connections: Math.max(...options.connections), seconds, rows: options.rows })).queries;
  }
}

const options = readOptions(process.argv.slice(2));
if (options === 'help') process.stdout.write(`${USAGE}\n`);
else await main(options);

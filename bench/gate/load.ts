import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hasProgram } from '../../test/support/servers.ts';
import { percentile } from './histogram.ts';
import { startNode } from './processes.ts';
import { DATABASE } from './table.ts';

/** One measurement: each connection sends a point select, waits for its answer, sends the next. */
export interface LoadRequest {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rows: number;
}

export interface LoadResult {
  readonly queries: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface LoadGenerator {
  readonly about: string;
  run(request: LoadRequest): Promise<LoadResult>;
}

/** sysbench where it is installed: it costs little CPU beside the proxies and is what others measure with. */
export async function chooseLoad(choice: 'auto' | 'sysbench' | 'node'): Promise<LoadGenerator> {
  if (choice === 'sysbench' || (choice === 'auto' && (await hasProgram('sysbench')))) return sysbench();
  return { about: 'bench/gate/loadProcess.ts', run: ownLoad };
}

const exec = promisify(execFile);

async function sysbench(): Promise<LoadGenerator> {
  const { stdout } = await exec('sysbench', ['--version']);
  return { about: `${stdout.trim()} oltp_point_select, text protocol`, run: runSysbench };
}

async function runSysbench({ port, connections, seconds, rows }: LoadRequest): Promise<LoadResult> {
  const { stdout } = await exec('sysbench', [
    'oltp_point_select', '--db-driver=mysql', '--mysql-host=127.0.0.1', `--mysql-port=${port}`, '--mysql-user=root', `--mysql-db=${DATABASE}`, '--db-ps-mode=disable', '--tables=1',
    `--table-size=${rows}`, `--threads=${connections}`, `--time=${seconds}`, '--rand-type=uniform', '--histogram=on', 'run',
  ], { timeout: (seconds + 60) * 1000, maxBuffer: 16 << 20 });
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(stdout)?.[1];
    if (found === undefined) throw new Error(`sysbench said nothing like ${pattern}:\n${stdout}`);
    return Number(found);
  };
  const failed = number(/ignored errors:\s+(\d+)/) + number(/reconnects:\s+(\d+)/);
  if (failed > 0) throw new Error(`${failed} errors or reconnects under load`);
  // `  0.123 |*****   4567`: upper bound of a bucket in ms, and how many.
  const buckets = [...stdout.matchAll(/^\s*(\d+\.\d+) \|\**\s+(\d+)$/gm)].map(([, ms, count]) => ({ upToUs: Number(ms) * 1000, count: Number(count) }));
  return { queries: number(/\s+total:\s+(\d+)/), seconds: number(/total time:\s+([\d.]+)s/), p50Us: percentile(buckets, 0.5), p99Us: percentile(buckets, 0.99) };
}

async function ownLoad(request: LoadRequest): Promise<LoadResult> {
  const child = await startNode<LoadResult>(fileURLToPath(new URL('loadProcess.ts', import.meta.url)), [JSON.stringify(request)]);
  await child.stop();
  return child.ready;
}

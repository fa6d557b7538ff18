import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { VtrewindError } from '../../base/errors.ts';
import { delay } from '../../base/wait.ts';
import type { RestoreProgress } from '../../topo/index.ts';
import type { Story } from './story.ts';

export interface RestoreToFollow {
  /** `flights_restore/-80` */
  readonly name: string;
  /** The restore tablet's status address. */
  readonly http: string;
}

const askEveryMs = 250;

/**
 * Follows restore tablets until all serve: a bar each on a terminal (phase, bytes, GTIDs reached, time left), else a line for each change of phase.
 * Throws VTR0927 when one fails, VTR0102-like after `timeoutMs`.
 */
export async function followRestores(restores: readonly RestoreToFollow[], story: Story, timeoutMs: number): Promise<readonly RestoreProgress[]> {
  const bars = process.stdout.isTTY ? new MultiBar({ format: '   {name} {bar} {percentage}% | {phase} | {bytes} | {gtid} | ETA {left}', hideCursor: true, clearOnComplete: false }, Presets.shades_classic) : undefined;
  const width = Math.max(...restores.map(({ name }) => name.length));
  const shown = new Map<string, { readonly bar: SingleBar | undefined; phase: string }>();
  for (const { name } of restores) shown.set(name, { bar: bars?.create(1000, 0, { name: name.padEnd(width), phase: 'planned', bytes: '', gtid: '', left: '?' }), phase: '' });
  const deadline = performance.now() + timeoutMs;
  try {
    for (;;) {
      const all = await Promise.all(restores.map(async (restore) => ({ name: restore.name, progress: await askProgress(restore.http) })));
      for (const { name, progress } of all) show(name, progress);
      const failed = all.find(({ progress }) => progress.state === 'failed');
      if (failed !== undefined) throw new VtrewindError({ code: 'VTR0927', message: `the restore of ${failed.name} failed: ${failed.progress.error ?? 'no reason given'}` });
      if (all.every(({ progress }) => progress.state === 'serving')) return all.map(({ progress }) => progress);
      if (performance.now() > deadline) throw new VtrewindError({ code: 'VTR0927', grpc: 'DEADLINE_EXCEEDED', message: `not restored within ${timeoutMs} ms: ${all.map(({ name, progress }) => `${name} is ${progress.phase}`).join(', ')}` });
      await delay(askEveryMs);
    }
  } finally {
    bars?.stop();
  }

  function show(name: string, progress: RestoreProgress): void {
    const entry = shown.get(name);
    if (entry === undefined) return;
    const facts = { phase: progress.phase, bytes: bytesText(progress), gtid: lastOf(progress.gtidSet), left: progress.state === 'serving' ? '0 s' : progress.etaSeconds === undefined ? '?' : `${progress.etaSeconds} s` };
    if (entry.bar !== undefined) entry.bar.update(Math.round((progress.state === 'serving' ? 1 : progress.fraction) * 1000), facts);
    else if (entry.phase !== progress.phase) story.say([name.padEnd(width), facts.phase.padEnd(10), facts.bytes, facts.gtid].filter((part) => part !== '').join('  '));
    entry.phase = progress.phase;
  }
}

async function askProgress(http: string): Promise<RestoreProgress> {
  const response = await fetch(`http://${http}/restore`, { signal: AbortSignal.timeout(5_000) });
  return (await response.json()) as RestoreProgress;
}

function bytesText({ bytesDone, bytesTotal }: RestoreProgress): string {
  const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  return bytesTotal === 0 ? '' : `${mib(bytesDone)}/${mib(bytesTotal)} MiB`;
}

/** GTID sets can be long: their end says how far it is. */
function lastOf(gtidSet: string | undefined): string {
  const text = (gtidSet ?? '').replaceAll('\n', '');
  return text.length <= 40 ? text : `…${text.slice(-39)}`;
}

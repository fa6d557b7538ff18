import { type ChildProcess, spawn } from 'node:child_process';
import { VtrewindError } from '../../base/errors.ts';
import type { ReadyReport } from '../up/processTree.ts';

const program = (): string[] => {
  const cli = process.argv[1];
  if (cli === undefined) throw new VtrewindError({ code: 'VTR0905', message: 'vtrewind was not started from a file' });
  return [...process.execArgv, cli];
};

/** Runs one `vtrewind` command to its end, as an operator would type it. Answers what it printed; throws VTR0913 with its error text when it fails. */
export async function runCommand(args: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<string> {
  const child = spawn(process.execPath, [...program(), ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal: options.signal });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err = (err + chunk.toString()).slice(-4096);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new VtrewindError({ code: 'VTR0913', message: `vtrewind ${args.join(' ')}: ${err.trim() || `ended with code ${code}`}` });
  return out;
}

/** A role that the caller owns, running beside it. It ends when the caller does. */
export interface RunningRole {
  readonly ready: ReadyReport;
  readonly pid: number;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
}

/** Starts a role and waits until it is ready. Throws VTR0913 with its last lines when it ends first or `timeoutMs` pass. */
export async function startRole(args: readonly string[], timeoutMs: number): Promise<RunningRole> {
  const child: ChildProcess = spawn(process.execPath, [...program(), ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      last = (last + chunk.toString()).slice(-4096);
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = (why: string) => new VtrewindError({ code: 'VTR0913', message: `vtrewind ${args.join(' ')}: ${why}${last.trim() === '' ? '' : `\n${last.trim()}`}` });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    const ready = await new Promise<ReadyReport>((resolve, reject) => {
      const timer = setTimeout(() => reject(failed(`not ready within ${timeoutMs} ms`)), timeoutMs);
      child.once('error', (cause) => reject(failed(cause.message)));
      child.on('message', (message: { ready?: ReadyReport }) => {
        if (message.ready === undefined) return;
        clearTimeout(timer);
        resolve(message.ready);
      });
      void ended.then(() => {
        clearTimeout(timer);
        reject(failed('ended'));
      });
    });
    if (child.pid === undefined) throw failed('has no process id');
    return { ready, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

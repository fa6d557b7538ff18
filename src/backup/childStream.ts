import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { VtrewindError } from '../base/errors.ts';

/** The end of what a program said on stderr; enough to name its error, bounded. */
const keptStderrBytes = 8192;

/** A program with bytes going in or coming out. It is ended with the signal, and whatever happens its exit code is looked at. */
export interface ChildStream {
  readonly stdout: Readable;
  readonly stdin: Writable;
  /** Resolves when it ended with 0. Throws VTR0406 with its last words otherwise. Safe to await late: no unhandled rejection. */
  readonly ended: Promise<void>;
  kill(): void;
}

export function startChild(program: string, args: readonly string[], options: { readonly cwd?: string; readonly signal?: AbortSignal; readonly input?: boolean; readonly onStderr?: (text: string) => void } = {}): ChildStream {
  const child: ChildProcess = spawn(program, [...args], { cwd: options.cwd, stdio: [options.input === true ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new VtrewindError({ code: 'VTR0406', message: `${program} has no output` });
  let words = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (text: string) => {
    words = (words + text).slice(-keptStderrBytes);
    options.onStderr?.(text);
  });
  const onAbort = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(failed(program, error.message, words, error)));
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', onAbort);
      if (options.signal?.aborted) reject(options.signal.reason);
      else if (code === 0) resolve();
      else reject(failed(program, signal === null ? `exit code ${code}` : `signal ${signal}`, words));
    });
  });
  ended.catch(() => undefined);
  // A broken pipe shows as the exit code; the stream's own error event must not end the process.
  child.stdin?.on('error', () => undefined);
  return { stdout, stdin: child.stdin as Writable, ended, kill: () => child.kill('SIGKILL') };
}

/** Runs a program that needs no input and whose output is of interest only when it fails. */
export async function runProgram(program: string, args: readonly string[], options: { readonly cwd?: string; readonly signal?: AbortSignal; readonly onStderr?: (text: string) => void } = {}): Promise<void> {
  const child = startChild(program, args, options);
  child.stdout.resume();
  await child.ended;
}

/** Writes all of `source` to the program and closes its input, waiting when it is slow. Throws what the source throws, else the program's failure. */
export async function feed(child: ChildStream, source: AsyncIterable<Buffer>): Promise<void> {
  child.stdout.resume();
  let over: { readonly error?: unknown } | undefined;
  const ended = child.ended.then(
    () => {
      over = {};
    },
    (error: unknown) => {
      over = { error };
    },
  );
  try {
    for await (const part of source) {
      if (over !== undefined) break;
      if (!child.stdin.write(part)) await Promise.race([new Promise<void>((resolve) => child.stdin.once('drain', resolve)), ended]);
    }
  } catch (error) {
    child.kill();
    await ended;
    throw error;
  }
  child.stdin.end();
  await child.ended;
}

function failed(program: string, how: string, words: string, cause?: unknown): VtrewindError {
  const lines = words.split('\n').filter((l) => l.trim() !== '').slice(-6).join('\n');
  return new VtrewindError({ code: 'VTR0406', grpc: 'INTERNAL', message: `${program} failed (${how})${lines === '' ? '' : `: ${lines}`}`, cause });
}

import { type ChildProcess, fork, type ForkOptions, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { atEnd } from '../../test/support/servers.ts';

/** Linux counts CPU time in /proc in ticks of 10 ms (USER_HZ, proc(5)). */
const TICK_US = 10_000;
const START_MS = 300_000;
const STOP_MS = 60_000;

/** CPU time of a process so far, user and system, all its threads, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** The child of `parent` whose command line has `word` as one of its arguments. */
export function childWith(parent: number, word: string): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let ofParent: boolean;
    let words: string[];
    try {
      ofParent = Number(afterName(readFileSync(`/proc/${entry}/stat`, 'utf8'))[1]) === parent;
      words = ofParent ? readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0') : [];
    } catch (error) {
      if (isGone(error)) continue;
      throw error;
    }
    if (words.includes(word)) return Number(entry);
  }
  throw new Error(`process ${parent} has no child '${word}'`);
}

/** Fields of /proc/PID/stat from the third on: the second, the name in brackets, may hold anything. */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** It ended between being listed and being read. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

export interface Child<Ready> {
  readonly pid: number;
  readonly ready: Ready;
  stop(): Promise<void>;
}

/*
 * Every target runs in a session of its own, as the roles of `vtrewind up` and database servers do: Linux shares the CPU out by session first (sched_autogroup, sched(7)),
 * so a relay in the load generator's session would be scheduled otherwise than a gate that is not.
 */

/** Forks a program of ours that sends `{ready: …}` when it serves and ends when its IPC channel does. */
export async function startNode<Ready>(file: string, args: readonly string[], options: ForkOptions = {}): Promise<Child<Ready>> {
  const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true, ...options });
  atEnd(() => child.kill('SIGTERM'));
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${file} was not ready within ${START_MS} ms`));
    }, START_MS);
    child.on('message', (message: { readonly ready?: Ready }) => {
      if (message.ready === undefined) return;
      clearTimeout(timer);
      resolve(message.ready);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`${file} ended (${signal ?? code}) before it was ready`));
    });
  });
  return { pid: pidOf(child), ready, stop: () => stop(child) };
}

/** Starts another program; the caller finds out when it serves. */
export function startProgram(program: string, args: readonly string[]): Child<undefined> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  child.once('error', (error) => process.stderr.write(`${program}: ${error.message}\n`));
  atEnd(() => child.kill('SIGKILL'));
  return { pid: pidOf(child), ready: undefined, stop: () => stop(child) };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process could not be started');
  return child.pid;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(timer);
}

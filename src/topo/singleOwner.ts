import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { topoError } from './topoErrors.ts';

/**
 * Lets one process own a folder: a file with its process id and start time, linked into place whole. The file of a process that
 * is gone (also when its id was given to another since) is taken over. Throws VTR0308 when the owner lives.
 */
export function ownDirectory(directory: string): { release(): void } {
  const path = join(directory, 'owner');
  const mine = `${process.pid} ${startTime(process.pid) ?? '?'}\n`;
  const draft = `${path}.${process.pid}`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, mine);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    for (let tried = 0; tried < 3; tried++) {
      try {
        linkSync(draft, path);
        return { release: () => { if (read(path) === mine) rmSync(path, { force: true }); } };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const owner = read(path);
      if (owner === undefined) continue;
      const [pid, started] = owner.trim().split(' ');
      const sameProcessTwice = owner === mine;
      if (sameProcessTwice || (pid !== undefined && startTime(Number(pid)) === started)) {
        throw topoError('inUse', `${directory} belongs to the running process ${pid}`, { hint: 'end that process, or give another data folder' });
      }
      rmSync(path, { force: true });
    }
    throw topoError('inUse', `${directory} is being taken by other processes`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Field 22 of /proc/<pid>/stat; undefined when there is no such process. Elsewhere than on Linux a living process answers '?'. */
function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return '?';
  } catch {
    return undefined; // no such process
  }
}

import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VtrewindError } from '../base/errors.ts';

/**
 * One agent a folder. The lock is a file with the owner's process id and start time; one left by an agent that was killed is taken over. Throws VTR0602 while the
 * owner lives.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'agent.lock');
  const mine = `${process.pid} ${await startTime(process.pid)}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.sync();
      await file.close();
      return async () => {
        if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const held = await readFile(path, 'utf8').catch(() => '');
      const pid = Number.parseInt(held, 10);
      if (Number.isInteger(pid) && held === `${pid} ${await startTime(pid)}`) {
        throw new VtrewindError({ code: 'VTR0602', grpc: 'ALREADY_EXISTS', message: `another tablet agent (pid ${pid}) runs on ${folder}` });
      }
      await rm(path, { force: true });
    }
  }
  throw new VtrewindError({ code: 'VTR0602', grpc: 'UNAVAILABLE', message: `${path} is being fought over` });
}

/** Field 22 of /proc/<pid>/stat tells a process from a later one of the same number (proc(5)); `gone` when there is none, empty without /proc. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    try {
      process.kill(pid, 0);
      return '';
    } catch {
      return 'gone';
    }
  }
}

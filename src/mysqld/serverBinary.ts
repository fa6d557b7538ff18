import { execFile } from 'node:child_process';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { VtrewindError } from '../base/errors.ts';

const run = promisify(execFile);

export type Flavour = 'mariadb' | 'mysql';

/** A server program that has said which server it is. */
export interface ServerBinary {
  readonly path: string;
  readonly flavour: Flavour;
  /** `10.11.14`, `9.7.4`. */
  readonly version: string;
  /** 101114, 90704: comparable with `<`. */
  readonly versionNumber: number;
}

/** `--version` prints `… Ver 10.11.14-MariaDB-… for …` or `… Ver 9.7.4-2 for …`. Throws VTR0501 for anything else. */
export function parseServerVersion(path: string, output: string): ServerBinary {
  const m = /\bVer\s+(\d+)\.(\d+)\.(\d+)(\S*)/.exec(output);
  if (!m) throw noServer(`${path} --version does not name a MySQL or MariaDB version: ${output.trim().slice(0, 200)}`);
  const [major, minor, patch] = m.slice(1, 4).map(Number) as [number, number, number];
  const flavour = /mariadb/i.test(output.slice(m.index)) ? 'mariadb' : 'mysql';
  return { path, flavour, version: `${major}.${minor}.${patch}`, versionNumber: major * 10_000 + minor * 100 + patch };
}

/** Asks a program which server it is. Throws VTR0501 when it can't be run or is no server. */
export async function inspectServerBinary(path: string): Promise<ServerBinary> {
  try {
    const { stdout } = await run(path, ['--no-defaults', '--version'], { timeout: 20_000 });
    return parseServerVersion(path, stdout);
  } catch (error) {
    if (error instanceof VtrewindError) throw error;
    throw noServer(`${path} can't be run: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

/** Where system packages put servers that are not on every user's PATH. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/local/mysql/bin', '/usr/bin'];

/**
 * The server to run. `auto`: Debian's mariadbd, else the first `mariadbd` or `mysqld` on the PATH or in the usual system folders. Else the path
 * of a program, or of a folder that holds one. Throws VTR0501 with what was tried.
 */
export async function findServerBinary(choice = 'auto'): Promise<ServerBinary> {
  if (choice !== 'auto') {
    const isFolder = await stat(choice).then((s) => s.isDirectory(), () => false);
    if (!isFolder) return inspectServerBinary(choice);
    const found = await firstExecutable([choice, join(choice, 'bin'), join(choice, 'sbin')], ['mariadbd', 'mysqld']);
    if (found === undefined) throw noServer(`no mariadbd or mysqld in ${choice}`);
    return inspectServerBinary(found);
  }
  const found = (await firstExecutable(['/usr/sbin'], ['mariadbd'])) ?? (await firstExecutable([...pathFolders(), ...systemFolders], ['mariadbd', 'mysqld']));
  if (found === undefined) throw noServer('no mariadbd or mysqld on the PATH or in the system folders');
  return inspectServerBinary(found);
}

/**
 * A program that comes with the server (`mariadb-backup`, `mariadb-install-db`, `mbstream`, …): first beside the server, where a tarball has it,
 * then on the PATH and in the system folders. Undefined when there is none.
 */
export async function findCompanion(binary: ServerBinary, ...names: readonly string[]): Promise<string | undefined> {
  const own = dirname(await realpath(binary.path).catch(() => binary.path));
  return firstExecutable([own, join(own, '../bin'), join(own, '../scripts'), dirname(binary.path), ...pathFolders(), ...systemFolders], names);
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((f) => f !== '');
}

async function firstExecutable(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
    }
  }
  return undefined;
}

function noServer(message: string, cause?: unknown): VtrewindError {
  return new VtrewindError({
    code: 'VTR0501', grpc: 'NOT_FOUND', message, cause,
    hint: 'install mariadb-server and mariadb-backup, or name a server with --mysqld PATH',
  });
}

import { execFile } from 'node:child_process';
import { constants, cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { VtrewindError } from '../base/errors.ts';
import { findCompanion, type ServerBinary } from './serverBinary.ts';

const run = promisify(execFile);

export interface InitialiseOptions {
  /** Statements run once while the system tables are made, each in one line; for example users. */
  readonly initStatements?: readonly string[];
  /**
   * A folder in which a finished data directory per version is kept and copied from (a second instead of several). The copies share their TLS keys, so this
   * is for tests and demos; identities (`auto.cnf`) are not copied.
   */
  readonly templateFolder?: string;
  readonly signal?: AbortSignal;
}

/** The option that makes a server run under the account that runs us, where that is root: a server refuses root unless told. */
export function runAsUser(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** True when `data` holds an initialised data directory. */
export async function isDataDirectory(data: string): Promise<boolean> {
  const exists = (name: string) => stat(join(data, name)).then(() => true, () => false);
  return (await exists('mysql')) && ((await exists('ibdata1')) || (await exists('mysql.ibd')));
}

/**
 * Makes a data directory at `data`, which must be absent or empty: whole, or not at all (it is built beside and renamed). root may log in through the socket without a password; the folder keeps
 * others out. Throws VTR0503 with the program's last words.
 */
export async function initialiseDataDirectory(binary: ServerBinary, data: string, options: InitialiseOptions = {}): Promise<void> {
  const present = await readdir(data).catch(() => [] as string[]);
  if (present.length > 0) throw new VtrewindError({ code: 'VTR0503', grpc: 'FAILED_PRECONDITION', message: `${data} is not empty; no data directory is made there` });
  await mkdir(dirname(data), { recursive: true, mode: 0o700 });
  const building = await mkdtemp(`${data}.new-`);
  try {
    if (options.templateFolder === undefined) await create(binary, join(building, 'data'), options);
    else await copyDirectory(await template(binary, options.templateFolder, options), join(building, 'data'));
    await rm(data, { recursive: true, force: true });
    await rename(join(building, 'data'), data);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** mariadb-install-db also makes root accounts that log in over TCP without a password, and nameless ones; MySQL does not. */
const onlyLocalRoot = ["DELETE FROM mysql.global_priv WHERE user = '' OR (user = 'root' AND host <> 'localhost')", 'FLUSH PRIVILEGES'];

async function create(binary: ServerBinary, data: string, options: InitialiseOptions): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  const initFile = `${data}.init.sql`;
  // Of its own: a server that starts removes what looks like temporary tables of a dead one, and /tmp is everybody's.
  const temporary = `${data}.tmp`;
  await mkdir(temporary, { mode: 0o700 });
  const statements = [...(binary.flavour === 'mariadb' ? onlyLocalRoot : []), ...(options.initStatements ?? [])];
  await writeFile(initFile, statements.map((s) => `${s};\n`).join(''), { mode: 0o600 });
  try {
    if (binary.flavour === 'mysql') {
      const size = ['--innodb-buffer-pool-size=64M', '--innodb-redo-log-capacity=64M', '--performance-schema=OFF'];
      await attempt(binary.path, ['--no-defaults', '--initialize-insecure', `--datadir=${data}`, `--init-file=${initFile}`, ...size, ...runAsUser()], temporary, options.signal);
    } else {
      const install = await findCompanion(binary, 'mariadb-install-db', 'mysql_install_db');
      if (install === undefined) {
        throw new VtrewindError({ code: 'VTR0503', grpc: 'NOT_FOUND', message: 'mariadb-install-db is not installed', hint: 'install mariadb-server' });
      }
      const base = dirname(dirname(binary.path));
      const where = base === '/usr' ? [] : [`--basedir=${base}`];
      const small = ['--innodb-log-file-size=64M', '--aria-log-file-size=16M'];
      await attempt(install, ['--no-defaults', ...where, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...small,
        `--extra-file=${initFile}`, ...runAsUser()], temporary, options.signal);
    }
  } finally {
    await rm(initFile, { force: true });
    await rm(temporary, { recursive: true, force: true });
  }
}

async function attempt(program: string, args: readonly string[], temporary: string, signal?: AbortSignal): Promise<void> {
  try {
    await run(program, [...args], { timeout: 180_000, maxBuffer: 16 << 20, signal, env: { ...process.env, TMPDIR: temporary } });
  } catch (error) {
    const { stderr = '', stdout = '', message = String(error) } = error as { stderr?: string; stdout?: string; message?: string };
    const words = `${stdout}\n${stderr}`.split('\n').filter((l) => l.trim() !== '').slice(-8).join('\n');
    throw new VtrewindError({ code: 'VTR0503', grpc: 'INTERNAL', message: `${program} could not make a data directory: ${message.split('\n')[0]}\n${words}`, cause: error });
  }
}

/** The template for this server and these statements, made when absent. Two makers at once: the first rename wins, both go on. */
async function template(binary: ServerBinary, folder: string, options: InitialiseOptions): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([binary.path, options.initStatements ?? []])).digest('hex').slice(0, 12);
  const at = join(folder, `${binary.flavour}-${binary.version}-${key}`);
  if (await isDataDirectory(at)) return at;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const building = await mkdtemp(`${at}.new-`);
  try {
    await create(binary, join(building, 'data'), options);
    await rm(join(building, 'data', 'auto.cnf'), { force: true });
    await rename(join(building, 'data'), at).catch(async (error: unknown) => {
      if (!(await isDataDirectory(at))) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return at;
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: false });
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise';
import { cacheFolder } from '../support/servers.ts';

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  readonly tls: boolean;
  /** The plugin the client prefers; undefined: its own default. */
  readonly plugin?: 'mysql_native_password' | 'caching_sha2_password';
}

/** What a client got: rows as tab-separated lines over all statements, or the error it was shown. */
export interface Outcome { readonly lines: readonly string[]; readonly errno?: number; readonly message?: string }

/** One client program or library that people really use. */
export interface ClientProgram {
  readonly name: string;
  /** Undefined when it is here; else why not. */
  readonly missing?: string;
  readonly plugins: readonly ('mysql_native_password' | 'caching_sha2_password')[];
  /** Each text goes out as one packet, so that a text with semicolons is a multi-statement. Ends at the first error. */
  run(login: Login, texts: readonly string[]): Promise<Outcome>;
}

/** No statement of the tests holds this. */
const delimiter = '$$';
const clientTimeoutMs = 60_000;

function commandLine(name: string, program: string, tlsFlags: (tls: boolean) => string[], plugins: ClientProgram['plugins']): ClientProgram {
  return {
    name, plugins,
    ...(existsSync(program) ? {} : { missing: `no ${program}` }),
    run: async ({ host, port, user, password, database, tls, plugin }, texts) => {
      const args = [
        '--no-defaults', `--host=${host}`, `--port=${port}`, '--protocol=tcp', `--user=${user}`, `--password=${password}`, '--batch', '--skip-column-names', '--max-allowed-packet=64M',
        `--delimiter=${delimiter}`, '--default-character-set=utf8mb4', ...tlsFlags(tls), ...(plugin === undefined ? [] : [`--default-auth=${plugin}`]), ...(database === undefined ? [] : [`--database=${database}`]),
      ];
      const { out, err } = await runProgram(program, args, `${texts.join(`${delimiter}\n`)}${delimiter}\n`);
      const error = /ERROR (\d+) \([0-9A-Z]{5}\)(?: at line \d+)?: (.*)/.exec(err);
      const lines = out.split('\n').slice(0, -1);
      return error === null ? { lines, ...(err.includes('ERROR') ? { errno: -1, message: err } : {}) } : { lines, errno: Number(error[1]), message: error[2] };
    },
  };
}

const mariadbClient = commandLine('MariaDB command line', '/usr/bin/mariadb', (tls) => (tls ? ['--ssl'] : ['--skip-ssl']), ['mysql_native_password', 'caching_sha2_password']);
const mysqlClient = commandLine(
  'MySQL 9 command line', join(cacheFolder, 'mysql-9', 'bin', 'mysql'),
  // Without TLS the password goes under the gate's RSA key.
  (tls) => (tls ? ['--ssl-mode=REQUIRED'] : ['--ssl-mode=DISABLED', '--get-server-public-key']), ['caching_sha2_password'],
);

/** Options of a mysql2 session that logs in so. */
export function mysql2Options({ host, port, user, password, database, tls }: Login): ConnectionOptions {
  return { host, port, user, password, database, multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, ...(tls ? { ssl: { rejectUnauthorized: false } } : {}) };
}

const mysql2: ClientProgram = {
  // It answers what the server asks for; there is no choice to make.
  name: 'mysql2', plugins: [],
  run: async (login, texts) => {
    const lines: string[] = [];
    let session: Connection | undefined;
    try {
      session = await createConnection(mysql2Options(login));
      for (const text of texts) {
        const [answer] = await session.query<RowDataPacket[][] | RowDataPacket[]>({ sql: text, rowsAsArray: true });
        lines.push(...rowLines(answer));
      }
      return { lines };
    } catch (error) {
      const { errno, message } = error as { errno?: number; message: string };
      return { lines, errno: errno ?? -1, message };
    } finally {
      session?.destroy();
    }
  },
};

/** Rows of one result, or of each result of a multi-statement, as lines; OK packets have none. */
function rowLines(answer: unknown): string[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((row: unknown) => {
    if (!Array.isArray(row)) return [];
    return row.some((value) => Array.isArray(value)) ? rowLines(row) : [row.map((value) => (value === null ? 'NULL' : String(value))).join('\t')];
  });
}

const pythonProgram = `
import sys, json, pymysql
from pymysql.constants import CLIENT
ask = json.load(sys.stdin)
lines = []
try:
    tls = {'ssl': {'check_hostname': False, 'verify_mode': 'none'}} if ask['tls'] else {'ssl_disabled': True}
    session = pymysql.connect(host=ask['host'], port=ask['port'], user=ask['user'], password=ask['password'], database=ask['database'], client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True, max_allowed_packet=1 << 26, **tls)
    with session.cursor() as cursor:
        for text in ask['texts']:
            cursor.execute(text)
            while True:
                for row in cursor.fetchall() or ():
                    lines.append('\\t'.join('NULL' if value is None else str(value) for value in row))
                if not cursor.nextset():
                    break
    session.close()
    print(json.dumps({'lines': lines}))
except pymysql.err.MySQLError as error:
    print(json.dumps({'lines': lines, 'errno': error.args[0], 'message': str(error.args[1:])}))
`;

const python = join(cacheFolder, 'python', 'bin', 'python');
const pymysql: ClientProgram = {
  name: 'PyMySQL', plugins: [],
  ...(existsSync(join(cacheFolder, 'python', 'complete')) ? {} : { missing: 'no PyMySQL' }),
  run: async ({ plugin: _, ...login }, texts) => {
    const { out, err } = await runProgram(python, ['-c', pythonProgram], JSON.stringify({ ...login, database: login.database ?? null, texts }));
    return out === '' ? { lines: [], errno: -1, message: err } : (JSON.parse(out) as Outcome);
  },
};

export const clientPrograms: readonly ClientProgram[] = [mariadbClient, mysqlClient, mysql2, pymysql];

function runProgram(program: string, args: readonly string[], input: string): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: clientTimeoutMs });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
    });
    child.once('error', reject);
    child.once('close', () => resolve({ out, err }));
    // A client that is refused ends without reading what it was to send.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

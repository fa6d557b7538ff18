import { spawn } from 'node:child_process';
import { createConnection as netConnect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { nativeStage2 } from '../../src/mysql/auth/nativePassword.ts';
import { selfSignedCertificate } from '../../src/mysql/auth/selfSignedCertificate.ts';
import { parseStaticUsers } from '../../src/mysql/auth/staticUsers.ts';
import { staticUsers } from '../../src/mysql/auth/users.ts';
import { MysqlClientConnection } from '../../src/mysql/clientConnection.ts';
import { TYPE } from '../../src/mysql/constants/columnTypes.ts';
import { COM } from '../../src/mysql/constants/commands.ts';
import { MysqlServer } from '../../src/mysql/mysqlServer.ts';
import type { MysqlServerConnection, ServerHandler } from '../../src/mysql/serverConnection.ts';

const big = Buffer.alloc(17 * 1024 * 1024, 'x');

/** Answers what drivers ask at connect with OK, `whoami`, and results of chosen size. */
const handler: ServerHandler = {
  async onCommand(connection: MysqlServerConnection, payload: Buffer) {
    if (payload[0] === COM.PING || payload[0] === COM.INIT_DB) return connection.sendOk();
    const sql = payload.toString('utf8', 1);
    if (/whoami/.test(sql)) {
      const text = `${connection.user}/${connection.database ?? ''}/${connection.secure ? 'tls' : 'plain'}`;
      return connection.sendResult({ fields: [{ name: 'who', type: TYPE.VARCHAR }], rows: [[Buffer.from(text)]], rowsAffected: 1n, insertId: 0n });
    }
    if (/big/.test(sql)) return connection.sendResult({ fields: [{ name: 'big', type: TYPE.BLOB, charset: 63 }, { name: 'n', type: TYPE.INT64 }], rows: [[big, null]], rowsAffected: 1n, insertId: 0n });
    if (/many/.test(sql)) {
      const writer = connection.resultWriter();
      writer.fields([{ name: 'row', type: TYPE.VARCHAR }]);
      for (let i = 0; i < 200; i++) await writer.rows(Array.from({ length: 100 }, () => [Buffer.alloc(1000, 'r')]));
      return writer.end();
    }
    if (/length/.test(sql)) return connection.sendResult({ fields: [{ name: 'l', type: TYPE.INT64 }], rows: [[Buffer.from(String(payload.length - 1))]], rowsAffected: 1n, insertId: 0n });
    if (/@@/.test(sql)) return connection.sendResult({ fields: [{ name: 'v', type: TYPE.VARCHAR }], rows: [[Buffer.from('1')]], rowsAffected: 1n, insertId: 0n });
    return connection.sendOk();
  },
};

const users = parseStaticUsers(JSON.stringify({
  plain: [{ Password: 'first' }, { Password: 'second' }],
  hashed: { MysqlNativePassword: `*${nativeStage2('geheim').toString('hex').toUpperCase()}` },
  empty: { Password: '' },
  socketonly: { Password: 'x', SourceHost: 'localhost' },
}));

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const mysql9 = join(process.env.VTREWIND_CACHE ?? join(homedir(), '.cache', 'vtrewind'), 'mysql-9', 'bin', 'mysql');

describe('our server', () => {
  let server: MysqlServer;
  beforeAll(async () => {
    server = await MysqlServer.listen({ serverVersion: '8.4.6-vtrewind', users: staticUsers(users), limits: { authTimeoutMs: 500, maxPacketBytes: 64 << 20 } }, handler);
  });
  afterAll(async () => server?.close());
  const mysql2 = (user: string, password: string, more: object = {}) => createConnection({ host: '127.0.0.1', port: server.port, user, password, database: 'db', ...more });

  it('logs in mysql2 with each password of a user, over TLS and plain, and with only a native hash', async () => {
    for (const [user, password] of [['plain', 'first'], ['plain', 'second'], ['hashed', 'geheim'], ['hashed', 'geheim'], ['empty', '']] as const) {
      for (const ssl of [undefined, { rejectUnauthorized: false }]) {
        const c = await mysql2(user, password, { ssl });
        const [rows] = await c.query('select whoami');
        expect(rows).toEqual([{ who: `${user}/db/${ssl === undefined ? 'plain' : 'tls'}` }]);
        await c.end();
      }
    }
  });

  it('refuses a wrong password, an unknown user and a user from the wrong place alike', async () => {
    for (const [user, password] of [['plain', 'nope'], ['hashed', 'nope'], ['nobody', 'first'], ['socketonly', 'x'], ['plain', '']] as const) {
      await expect(mysql2(user, password)).rejects.toMatchObject({ errno: 1045, sqlState: '28000', message: `Access denied for user '${user}'@'127.0.0.1' (using password: ${password === '' ? 'NO' : 'YES'})` });
    }
  });

  it('logs in our own client, with TLS, and changes users', async () => {
    for (const mode of ['disabled', 'required'] as const) {
      const c = await MysqlClientConnection.connect({ host: '127.0.0.1', port: server.port, user: 'hashed', password: 'geheim', tls: { mode } });
      expect((await c.query('whoami')).rows[0]?.[0]?.toString()).toBe(`hashed//${mode === 'disabled' ? 'plain' : 'tls'}`);
      await c.changeUser({ user: 'plain', password: 'second', database: 'other' });
      expect((await c.query('whoami')).rows[0]?.[0]?.toString()).toBe(`plain/other/${mode === 'disabled' ? 'plain' : 'tls'}`);
      await expect(c.changeUser({ user: 'plain', password: 'third' })).rejects.toMatchObject({ mysql: 1045 });
      await waitFor('the server to close', () => c.closed, { timeoutMs: 2000 });
    }
  });

  it('logs in the MariaDB client with a password, with and without TLS', async () => {
    for (const tls of [['--skip-ssl'], ['--ssl']]) {
      const { out, err } = await run('mariadb', ['--no-defaults', ...tls, '-h127.0.0.1', `-P${server.port}`, '-uhashed', '-pgeheim', 'db', '-N', '-e', 'select whoami']);
      expect(`${out}${err}`.trim()).toBe(`hashed/db/${tls[0] === '--ssl' ? 'tls' : 'plain'}`);
    }
  });

  it.skipIf(!existsSync(mysql9))('logs in the MySQL 9 client, over TLS and with the RSA key', async () => {
    for (const tls of [['--ssl-mode=REQUIRED'], ['--ssl-mode=DISABLED', '--get-server-public-key']]) {
      const { out, err } = await run(mysql9, ['--no-defaults', ...tls, '-h127.0.0.1', `-P${server.port}`, '-uhashed', 'db', '-N', '-e', 'select whoami'], { MYSQL_PWD: 'geheim' });
      expect(`${out}${err}`).toContain(`hashed/db/${tls.length === 1 ? 'tls' : 'plain'}`);
    }
  });

  it('carries packets beyond 16 MiB both ways, and refuses what exceeds its limit', async () => {
    const c = await MysqlClientConnection.connect({ host: '127.0.0.1', port: server.port, user: 'empty' });
    const row = (await c.query('big')).rows[0];
    expect(row?.[0]?.equals(big)).toBe(true);
    expect(row?.[1]).toBeNull();
    expect((await c.query(`length ${'y'.repeat(0xffffff * 2)}`)).rows[0]?.[0]?.toString()).toBe(String(0xffffff * 2 + 7));
    await expect(c.query('y'.repeat(65 << 20))).rejects.toMatchObject({ mysql: expect.any(Number) });
  }, 30_000);

  it('waits for a slow reader instead of holding the result', async () => {
    const c = await MysqlClientConnection.connect({ host: '127.0.0.1', port: server.port, user: 'empty' });
    let rows = 0;
    await c.streamQuery('many', async (part) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      rows += part.rows.length;
    });
    expect(rows).toBe(20_000);
    c.quit();
  });

  it('answers commands sent ahead in order', async () => {
    const c = await MysqlClientConnection.connect({ host: '127.0.0.1', port: server.port, user: 'empty' });
    let bytes = 0;
    const ping = Buffer.from([1, 0, 0, 0, COM.PING]);
    await new Promise<void>((resolve, reject) => {
      c.startRaw({ onChunk: (chunk) => { bytes += chunk.length; if (bytes === 20_000 * 11) resolve(); }, onDrain: () => undefined, onClosed: reject }, Buffer.concat(Array.from({ length: 20_000 }, () => ping)));
    });
    c.endRaw();
    c.quit();
  });

  it('closes clients that do not log in, and survives nonsense', async () => {
    for (const nonsense of [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([4, 0, 0, 1, 1, 2, 3, 4]), Buffer.from([0xff, 0xff, 0xff, 1]), Buffer.from([32, 0, 0, 1, 0, 10, 0, 0])]) {
      await new Promise<void>((resolve) => {
        const socket = netConnect(server.port, '127.0.0.1', () => socket.write(nonsense));
        socket.on('data', () => undefined).on('error', () => undefined).on('close', () => resolve());
      });
    }
    await waitFor('the server to forget them', () => server.unauthenticated === 0, { timeoutMs: 3000 });
    const c = await mysql2('plain', 'first');
    await c.ping();
    await c.end();
  });

  it('asks for a client certificate when an authority is given', async () => {
    const authority = selfSignedCertificate('authority');
    const strict = await MysqlServer.listen({ serverVersion: '8.4.6-vtrewind', users: staticUsers(users), tls: { cert: authority.certPem, key: authority.keyPem, ca: authority.certPem }, requireTls: true }, handler);
    try {
      const connect = (tls: object) => MysqlClientConnection.connect({ host: '127.0.0.1', port: strict.port, user: 'plain', password: 'first', tls: { mode: 'verify_ca', ca: authority.certPem, ...tls } });
      const c = await connect({ cert: authority.certPem, key: authority.keyPem });
      expect((await c.query('whoami')).rows[0]?.[0]?.toString()).toBe('plain//tls');
      c.quit();
      await expect(connect({})).rejects.toMatchObject({ name: 'VtrewindError' });
      const stranger = selfSignedCertificate('stranger');
      await expect(connect({ cert: stranger.certPem, key: stranger.keyPem })).rejects.toMatchObject({ mysql: 1045 });
      await expect(MysqlClientConnection.connect({ host: '127.0.0.1', port: strict.port, user: 'plain', password: 'first' })).rejects.toMatchObject({ mysql: 3159 });
    } finally {
      await strict.close();
    }
  });

  it('drains: idle clients are told, a busy one finishes', async () => {
    let finish: () => void = () => undefined;
    const draining = await MysqlServer.listen({ serverVersion: '8.4.6', users: staticUsers(users) }, {
      onCommand: (connection) => new Promise<void>((resolve) => { finish = () => { connection.sendOk({ affectedRows: 7n }); resolve(); }; }),
    });
    const connect = () => MysqlClientConnection.connect({ host: '127.0.0.1', port: draining.port, user: 'empty' });
    const [busy, idle] = [await connect(), await connect()];
    const answer = busy.query('slow');
    await waitFor('the command to run', () => [...draining.connections.values()].some((c) => c.busy), { timeoutMs: 2000 });
    const closed = draining.close({ drainMs: 5000 });
    await waitFor('the idle client to be closed', () => idle.closed, { timeoutMs: 2000 });
    await expect(connect()).rejects.toMatchObject({ mysql: 2003 });
    finish();
    expect((await answer).rowsAffected).toBe(7n);
    await closed;
  });
});

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStaticUsers } from '../../src/mysql/auth/staticUsers.ts';
import { staticUsers } from '../../src/mysql/auth/users.ts';
import { FULL_SERVER_CAPABILITIES, MysqlServer, type MysqlServerOptions } from '../../src/mysql/mysqlServer.ts';
import { temporaryFolder } from '../support/servers.ts';

const clients = { mariadb: '/usr/bin/mariadb', mysql: join(homedir(), '.cache/vtrewind/mysql-9/bin/mysql') };
const users = {
  any: { Password: 'secret' },
  native: { Password: 'secret', AuthPlugins: ['mysql_native_password'] },
  ed: { Password: 'secret', AuthPlugins: ['client_ed25519'] },
  sha2: { Password: 'secret', AuthPlugins: ['caching_sha2_password'] },
  sha256: { Password: 'secret', AuthPlugins: ['sha256_password'] },
  clear: { Password: 'secret', AuthPlugins: ['mysql_clear_password'] },
  tls: { Password: 'secret', RequireTLS: true },
  bare: { CertSubject: 'CN=alice' },
  issued: { CertSubject: 'alice', CertIssuer: 'CN=ours' },
  named: { CertSAN: 'DNS:alice.example' },
};

const servers: MysqlServer[] = [];
async function serve(options: Partial<MysqlServerOptions> = {}): Promise<MysqlServer> {
  const server = await MysqlServer.listen(
    { serverVersion: '8.4.6-test', capabilities: FULL_SERVER_CAPABILITIES, users: staticUsers(parseStaticUsers(JSON.stringify(users))), ...options },
    { onCommand: async (connection) => { connection.sendOk(); } },
  );
  servers.push(server);
  return server;
}
afterAll(async () => { for (const server of servers) await server.close(); });

const run = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => { execFile(file, args, { timeout: 60_000 }, (error, _out, stderr) => resolve(error === null ? 'ok' : (/\d{4}/.exec(stderr)?.[0] ?? `failed: ${stderr}`))); });
const login = (client: keyof typeof clients, server: MysqlServer, user: string, ...args: string[]): Promise<string> =>
  run(clients[client], ['--no-defaults', '-h127.0.0.1', `-P${server.port}`, `-u${user}`, '-psecret', ...args, '-e', 'do 1']);

describe.runIf(existsSync(clients.mariadb))("MariaDB's client", () => {
  it('logs in by each plugin it has, and not with another password', async () => {
    const server = await serve();
    for (const user of ['any', 'native', 'ed']) {
      expect([user, await login('mariadb', server, user, '--skip-ssl')]).toEqual([user, 'ok']);
      expect([user, await login('mariadb', server, user, '--skip-ssl', '-pwrong')]).toEqual([user, '1045']);
    }
    for (const user of ['sha2', 'sha256', 'clear']) expect([user, await login('mariadb', server, user, '--ssl')]).toEqual([user, 'ok']);
    expect(await login('mariadb', server, 'clear', '--skip-ssl')).not.toBe('ok');
    expect(await login('mariadb', server, 'tls', '--skip-ssl')).toBe('1045');
    expect(await login('mariadb', server, 'tls', '--ssl')).toBe('ok');
    expect(await login('mariadb', server, 'nobody', '--skip-ssl')).toBe('1045');
  });

  it('is slowed down after failures, whatever password it brings then', async () => {
    const server = await serve({ throttle: { freeFailures: 2, firstBlockMs: 600_000, maxBlockMs: 600_000, forgetMs: 6_000_000, maxEntries: 10 } });
    for (let i = 0; i < 2; i++) expect(await login('mariadb', server, 'any', '-pwrong')).toBe('1045');
    expect(await login('mariadb', server, 'any')).toBe('3955');
    expect(await login('mariadb', server, 'native')).toBe('ok');
  });
});

describe.runIf(existsSync(clients.mysql))("MySQL's client", () => {
  it('logs in by each plugin it has, with TLS and under our key', async () => {
    const server = await serve();
    for (const user of ['any', 'sha2', 'sha256']) {
      expect([user, await login('mysql', server, user, '--ssl-mode=required')]).toEqual([user, 'ok']);
      expect([user, await login('mysql', server, user, '--ssl-mode=disabled', '--get-server-public-key')]).toEqual([user, 'ok']);
      expect([user, await login('mysql', server, user, '--ssl-mode=required', '-pwrong')]).toEqual([user, '1045']);
    }
    expect(await login('mysql', server, 'clear', '--ssl-mode=required', '--enable-cleartext-plugin')).toBe('ok');
    expect(await login('mysql', server, 'clear', '--ssl-mode=disabled', '--enable-cleartext-plugin')).not.toBe('ok');
  });
});

describe.runIf(existsSync(clients.mariadb))('client certificates', () => {
  let folder: string;
  let server: MysqlServer;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await temporaryFolder('certificates');
    const openssl = async (...args: string[]) => expect(await run('openssl', args)).toBe('ok');
    for (const ca of ['ours', 'theirs']) await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${ca}`, '-keyout', at(`${ca}.key`), '-out', at(`${ca}.pem`));
    for (const [name, ca] of [['server', 'ours'], ['alice', 'ours'], ['bob', 'ours'], ['mallory', 'theirs']] as const) {
      await writeFile(at(`${name}.ext`), `subjectAltName=DNS:${name}.example`);
      await openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name === 'mallory' ? 'alice' : name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`));
      await openssl('x509', '-req', '-days', '1', '-in', at(`${name}.csr`), '-CA', at(`${ca}.pem`), '-CAkey', at(`${ca}.key`), '-CAcreateserial', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`));
    }
    server = await serve({ tls: { cert: readFileSync(at('server.pem')), key: readFileSync(at('server.key')), ca: readFileSync(at('ours.pem')) } });
  }, 60_000);
  const shows = (name: string, user: string) => login('mariadb', server, user, '--ssl', `--ssl-cert=${at(`${name}.pem`)}`, `--ssl-key=${at(`${name}.key`)}`);

  it('must be those that the entry names, where no password is asked', async () => {
    for (const user of ['bare', 'issued', 'named']) {
      expect([user, await shows('alice', user)]).toEqual([user, 'ok']);
      expect([user, await shows('bob', user)]).toEqual([user, '1045']);
      expect([user, await shows('mallory', user)]).not.toEqual([user, 'ok']);
      expect([user, await login('mariadb', server, user, '--ssl')]).not.toEqual([user, 'ok']);
      expect([user, await login('mariadb', server, user, '--skip-ssl')]).toEqual([user, '1045']);
    }
  });

  it('are never matched by a server that trusts no authority', async () => {
    const open = await serve();
    for (const user of ['bare', 'issued', 'named']) expect([user, await login('mariadb', open, user, '--ssl', `--ssl-cert=${at('alice.pem')}`, `--ssl-key=${at('alice.key')}`)]).toEqual([user, '1045']);
  });
});

describe('the PROXY protocol', () => {
  const greeting = (server: MysqlServer, header: string): Promise<{ readonly bytes: Buffer; readonly from: string | undefined }> => new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port: server.port }, () => socket.write(header));
    socket.once('error', reject).once('data', (bytes) => {
      const [connection] = [...server.connections.values()];
      resolve({ bytes, from: connection?.remoteAddress });
      socket.destroy();
    });
  });

  it('says who the client is where the proxy is trusted, and nowhere else', async () => {
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 3306\r\n';
    const trusting = await greeting(await serve({ isProxy: (address) => address.endsWith('127.0.0.1') }), header);
    expect(trusting.bytes[4]).toBe(10);
    expect(trusting.from).toBe('192.0.2.7');
    const other = await greeting(await serve(), header);
    expect(other.from ?? '127.0.0.1').toMatch(/127\.0\.0\.1$/);
  });
});

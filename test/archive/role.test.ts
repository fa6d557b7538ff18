import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runArchiver } from '../../src/archive/index.ts';
import { waitFor } from '../../src/base/wait.ts';
import { restorableWindow } from '../../src/binlog/archive/restorableWindow.ts';
import { openTopo, paths, registerTablet, updateRecord } from '../../src/topo/index.ts';
import { CellInfo, Keyspace, Shard, Tablet } from '../../src/vitess/gen/topodata.ts';
import { flavours, startServer, temporaryFolder, type TestServer } from '../support/servers.ts';
import { executedBy, testLog, testStorage } from './archiveFixture.ts';

const run = promisify(execFile);

/** The flavour's own binlog tool. */
function binlogTool(server: TestServer): string {
  return server.flavour === 'mysql' ? join(dirname(server.binary.path), 'mysqlbinlog') : 'mariadb-binlog';
}

const here = await flavours();
for (const flavour of here) {
  describe(`the archiver role on ${flavour}`, () => {
    it('archives the shards of the topology, moves with the primary, and is read by the binlog tool', async () => {
      const servers = [await startServer({ flavour }), await startServer({ flavour })] as const;
      const topology = await openTopo({ kind: 'embedded', directory: await temporaryFolder('topo') });
      const { storage } = await testStorage();
      const account = { user: 'repl', password: 'secret' };
      for (const server of servers) {
        const client = await server.connect({ multipleStatements: true });
        const grants = flavour === 'mysql' ? 'REPLICATION SLAVE, REPLICATION CLIENT' : 'REPLICATION SLAVE, BINLOG MONITOR';
        await client.query(`${flavour === 'mysql' ? 'SET sql_log_bin=0' : 'SET sql_log_bin=0'}; CREATE USER repl@'%' IDENTIFIED BY 'secret'; GRANT ${grants} ON *.* TO repl@'%'`);
        await client.end();
      }
      await updateRecord(topology.global, paths.cellInfo('zone1'), CellInfo, () => CellInfo.fromPartial({ serverAddress: 'embedded', root: '/vitess/zone1' }));
      await updateRecord(topology.global, paths.keyspace('ks'), Keyspace, () => Keyspace.fromPartial({}));
      for (const [i, server] of servers.entries()) {
        await registerTablet(topology, Tablet.fromPartial({ alias: { cell: 'zone1', uid: i + 1 }, hostname: '127.0.0.1', mysqlHostname: '127.0.0.1', mysqlPort: server.port, keyspace: 'ks', shard: '0' }));
      }
      const setPrimary = (uid: number) => updateRecord(topology.global, paths.shard('ks', '0'), Shard, () => Shard.fromPartial({ primaryAlias: { cell: 'zone1', uid } }));
      const stop = new AbortController();
      const archiver = await runArchiver({ topology, storage, listen: '127.0.0.1:0', httpAddress: '127.0.0.1:0', replication: account, log: testLog }, stop.signal);
      const get = async (path: string) => {
        const response = await fetch(`http://${archiver.ready.http}${path}`);
        return { status: response.status, text: await response.text() };
      };
      const position = async () => (JSON.parse((await get('/archive')).text) as { shards: { position: string; provenMicros: number }[] }).shards[0]?.position;
      const a = await servers[0].connect({ multipleStatements: true });
      const b = await servers[1].connect({ multipleStatements: true });
      try {
        expect((await get('/archive')).text).toContain('"shards": []');
        await setPrimary(1);
        await a.query("CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY, v VARCHAR(30)); INSERT INTO t.a VALUES (1, 'find me')");
        await waitFor('the shard to be archived', async () => (await position()) === (await executedBy(servers[0])), { timeoutMs: 20_000 });

        // the binlog tool reads the archive over the network
        const port = archiver.ready.mysql.split(':')[1] ?? '';
        const [logs] = await a.query('SHOW BINARY LOGS');
        const file = (logs as { Log_name: string }[])[0]!.Log_name;
        const tls = flavour === 'mysql' ? ['--get-server-public-key'] : [];
        const { stdout } = await run(binlogTool(servers[0]), ['--no-defaults', ...tls, '--read-from-remote-server', '--host=127.0.0.1', `--port=${port}`, '--user=repl:ks/0', '--password=secret', '--verbose', file], { maxBuffer: 1 << 26 });
        expect(stdout).toContain('CREATE TABLE t.a');
        expect(stdout).toContain("@2='find me'");

        // a stored segment is a binlog file of its own
        const window = await restorableWindow(storage, 'ks', '0');
        expect(window.sections.length).toBe(1);

        // another primary by the topology: joined by GTID
        const change = flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER';
        await b.query(change);
        if (flavour === 'mysql') {
          await b.query(`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${servers[0].port}, SOURCE_USER='root', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1; START REPLICA`);
        } else {
          await b.query(`SET GLOBAL gtid_slave_pos=''; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${servers[0].port}, MASTER_USER='root', MASTER_USE_GTID=slave_pos; START SLAVE`);
        }
        await waitFor('the replica', async () => (await executedBy(servers[1])) === (await executedBy(servers[0])), { timeoutMs: 20_000 });
        await b.query(flavour === 'mysql' ? 'STOP REPLICA; RESET REPLICA ALL' : 'STOP SLAVE; RESET SLAVE ALL');
        await setPrimary(2);
        await b.query("SET GLOBAL read_only=0; INSERT INTO t.a VALUES (2, 'on the new primary')");
        await waitFor('the archive to follow the new primary', async () => (await position()) === (await executedBy(servers[1])), { timeoutMs: 20_000 });
        const after = await restorableWindow(storage, 'ks', '0');
        expect(after.gaps).toEqual([]);
        expect(after.forks).toEqual([]);
        expect(after.sections.length).toBe(1);

        expect((await get('/healthz')).status).toBe(200);
        const metrics = await get('/metrics');
        expect(metrics.text).toMatch(/vtrewind_archive_following\{keyspace="ks",shard="0"\} 1/);
        expect(metrics.text).toContain('vtrewind_archive_lag_seconds');

        // a snapshot keyspace is not archived
        await updateRecord(topology.global, paths.keyspace('old'), Keyspace, () => Keyspace.fromPartial({ keyspaceType: 1, baseKeyspace: 'ks' }));
        await updateRecord(topology.global, paths.shard('old', '0'), Shard, () => Shard.fromPartial({}));
        await updateRecord(topology.global, paths.keyspace('more'), Keyspace, () => Keyspace.fromPartial({}));
        await updateRecord(topology.global, paths.shard('more', '0'), Shard, () => Shard.fromPartial({}));
        await waitFor('the new shard', async () => (await get('/archive')).text.includes('"more"'), { timeoutMs: 10_000 });
        expect((await get('/archive')).text).not.toContain('"old"');
      } finally {
        await archiver.stop();
        await topology.close();
        await a.end();
        await b.end();
      }
    }, 120_000);

    it('tells its own facts as a source does', async () => {
      const server = await startServer({ flavour });
      const topology = await openTopo({ kind: 'embedded', directory: await temporaryFolder('topo') });
      const { storage } = await testStorage();
      await updateRecord(topology.global, paths.cellInfo('zone1'), CellInfo, () => CellInfo.fromPartial({ serverAddress: 'embedded', root: '/vitess/zone1' }));
      await updateRecord(topology.global, paths.keyspace('ks'), Keyspace, () => Keyspace.fromPartial({}));
      await updateRecord(topology.global, paths.shard('ks', '-80'), Shard, () => Shard.fromPartial({ primaryAlias: { cell: 'zone1', uid: 1 } }));
      await registerTablet(topology, Tablet.fromPartial({ alias: { cell: 'zone1', uid: 1 }, hostname: '127.0.0.1', mysqlPort: server.port, keyspace: 'ks', shard: '-80' }));
      const archiver = await runArchiver({ topology, storage, listen: '127.0.0.1:0', httpAddress: '127.0.0.1:0', replication: { user: 'root', password: '' }, log: testLog }, new AbortController().signal);
      const client = await server.connect();
      try {
        await client.query('CREATE DATABASE t');
        await waitFor('the archive', async () => ((await (await fetch(`http://${archiver.ready.http}/archive`)).json()) as { shards: { position: string }[] }).shards[0]?.position === (await executedBy(server)), { timeoutMs: 20_000 });
        const { createConnection } = await import('mysql2/promise');
        const port = Number(archiver.ready.mysql.split(':')[1]);
        const ask = await createConnection({ host: '127.0.0.1', port, user: 'root' });
        const rows = async (sql: string) => (await ask.query(sql))[0] as Record<string, unknown>[];
        const [own] = await client.query('SHOW BINARY LOGS');
        expect((await rows('SHOW BINARY LOGS'))[0]!.Log_name).toBe((own as { Log_name: string }[])[0]!.Log_name);
        const status = (await rows(flavour === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW BINLOG STATUS'))[0]!;
        expect(status.File).toBe((own as { Log_name: string }[])[0]!.Log_name);
        if (flavour === 'mysql') expect(status.Executed_Gtid_Set).toBe(await executedBy(server));
        expect((await rows('SHOW MASTER STATUS'))[0]!.Position).toBe(status.Position);
        expect((await rows('SELECT VERSION() AS v, @@global.server_id AS id, UNIX_TIMESTAMP() AS t'))[0]).toMatchObject({ v: expect.stringContaining(flavour === 'mysql' ? '9.' : 'MariaDB') });
        await expect(rows("PURGE BINARY LOGS TO 'x'")).rejects.toMatchObject({ errno: 1227 });
        await expect(rows('SELECT @@global.nonsense')).rejects.toMatchObject({ errno: 1193 });
        await expect(rows('CREATE TABLE t.x (a INT)')).rejects.toMatchObject({ errno: 1235 });
        await ask.end();
        await expect(createConnection({ host: '127.0.0.1', port, user: 'root:ks/80-' })).rejects.toMatchObject({ errno: 1045 });
        await expect(createConnection({ host: '127.0.0.1', port, user: 'root', password: 'wrong' })).rejects.toMatchObject({ errno: 1045 });
      } finally {
        await archiver.stop();
        await topology.close();
        await client.end();
      }
    }, 60_000);
  });
}

describe('flavours', () => {
  it.runIf(here.length === 2)('do not mix: a replica of the other flavour is refused', async () => {
    const { archiverOf, attach, appliedBy, caughtUp, serveArchive } = await import('./archiveFixture.ts');
    const primary = await startServer({ flavour: 'mysql' });
    const replica = await startServer({ flavour: 'mariadb' });
    const { storage } = await testStorage();
    const archiver = archiverOf(storage, () => primary);
    const client = await primary.connect();
    try {
      await client.query('CREATE DATABASE t');
      await caughtUp(archiver, primary);
      const { server } = await serveArchive(archiver.catalog!, { archiver });
      try {
        await attach(replica, server.port);
        await waitFor('the refusal', async () => appliedBy(replica).then(() => false, (error: unknown) => /cannot follow MySQL binlogs|1236|MariaDB/.test(String(error))), { timeoutMs: 15_000 });
      } finally {
        await server.close({ drainMs: 0 });
      }
    } finally {
      await archiver.stop();
      await client.end();
    }
  }, 60_000);
});

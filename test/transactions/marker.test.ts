import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { readMarker, type TransactionMarker } from '../../src/binlog/transactionMarker.ts';
import { serverFolder } from '../../src/mysqld/serverFolder.ts';
import { startCluster } from '../support/cluster.ts';
import { findFlavour, flavours } from '../support/servers.ts';

const direct = (folder: string) => createConnection({ socketPath: serverFolder(folder).socket, user: 'root' });

/** Markers in all binlogs of one tablet's server, in order. */
async function markersOf(folder: string): Promise<TransactionMarker[]> {
  const root = await direct(folder);
  const found: TransactionMarker[] = [];
  const [files] = await root.query<RowDataPacket[]>('show binary logs');
  for (const { Log_name: file } of files) {
    const [events] = await root.query<RowDataPacket[]>(`show binlog events in '${String(file)}'`);
    for (const { Info } of events) {
      const marker = readMarker(String(Info));
      if (marker !== undefined) found.push(marker);
    }
  }
  await root.end();
  return found;
}

/** Ends the session of a tablet's server that has a transaction open. */
async function endTransactionOf(folder: string): Promise<void> {
  const root = await direct(folder);
  const [open] = await root.query<RowDataPacket[]>('select trx_mysql_thread_id id from information_schema.innodb_trx where trx_rows_modified > 0');
  expect(open.length).toBe(1);
  await root.query(`kill ${Number(open[0]?.id)}`);
  await root.end();
}

const cases = (await flavours()).map((flavour) => ({ flavour, tabletProtocol: flavour === 'mysql' ? ('mysql' as const) : ('grpc' as const) }));

describe.each(cases)('transactions over shards on $flavour, tablets over $tabletProtocol', ({ flavour, tabletProtocol }) => {
  it('leave their id in the binlog of each shard they changed, and keep to the mode', async () => {
    const cluster = await startCluster({
      mysqld: (await findFlavour(flavour))?.path ?? '', tabletProtocol,
      keyspaces: [{
        name: 'ks', shards: ['-80', '80-'], replicas: 0, schema: 'create table t (id bigint primary key, v int)',
        vschema: { sharded: true, vindexes: { hash: { type: 'xxhash' } }, tables: { t: { columnVindexes: [{ column: 'id', name: 'hash' }] } } },
      }],
    });
    const c = await cluster.connect({ database: 'ks' });
    const [tablets] = await c.query<RowDataPacket[]>('show vitess_tablets');
    const folders = new Map(tablets.map(({ Shard, Alias }) => [String(Shard), join(cluster.data, String(Alias).replace(/-0+/, '-'))]));
    const folderOf = (shard: string) => folders.get(shard) ?? '';
    // xxhash: 10 is in -80, 1 in 80-.
    await c.query('begin');
    await c.query('insert into t values (10, 1)');
    await c.query('insert into t values (1, 1)');
    await c.query('commit');
    await c.query('insert into t values (5, 3)');
    await c.query('begin');
    await c.query('select * from t where id = 10 for update');
    await c.query('update t set v = 9 where id = 1');
    await c.query('commit');
    const low = await markersOf(folderOf('-80'));
    const high = await markersOf(folderOf('80-'));
    expect(low).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{26}$/), index: 0, count: 2 }]);
    // the second only read in -80: it left nothing there
    expect(high).toEqual([{ id: low[0]?.id, index: 1, count: 2 }, { id: expect.not.stringMatching(low[0]?.id ?? ''), index: 1, count: 2 }]);

    await expect(c.query("set transaction_mode = 'TWOPC'")).rejects.toMatchObject({ errno: 1231, message: expect.stringContaining('exceeds vtgate limit MULTI') });
    await c.query("set transaction_mode = 'SINGLE'");
    await c.query('begin');
    await c.query('update t set v = 5 where id = 10');
    await expect(c.query('update t set v = 5 where id = 1')).rejects.toMatchObject({ errno: 1317, message: expect.stringContaining('multi-db transaction attempted') });
    await c.query('rollback');
    expect((await c.query<RowDataPacket[]>('select id, v from t where v = 5'))[0]).toEqual([]);
    await c.query("set transaction_mode = 'MULTI'");

    // a participant that is gone before the marker: nothing is committed anywhere
    await c.query('begin');
    await c.query('update t set v = 6 where id = 10');
    await c.query('update t set v = 6 where id = 1');
    await endTransactionOf(folderOf('80-'));
    await expect(c.query('commit')).rejects.toMatchObject({ errno: expect.any(Number) });
    expect((await c.query<RowDataPacket[]>('select id, v from t where v = 6'))[0]).toEqual([]);

    // one that can't commit behind one that has: the error says which stands
    await c.query('begin');
    await c.query('update t set v = 7 where id = 10');
    await c.query('update t set v = 7 where id = 1');
    const root = await direct(folderOf('80-'));
    await root.query('set global read_only = 1');
    await expect(c.query('commit')).rejects.toMatchObject({ message: expect.stringMatching(/the commit failed on ks[:/]80-.* after ks[:/]-80.* had committed/) });
    await root.query('set global read_only = 0');
    await root.end();
    expect((await c.query<RowDataPacket[]>('select id, v from t where v = 7'))[0]).toEqual([{ id: '10', v: 7 }]);
    await c.end();
    await cluster.stop();
  }, 240_000);
});

import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { waitFor } from '../../src/base/wait.ts';
import { SchemaTracker } from '../../src/gate/schema/schemaTracker.ts';
import type { QueryResult } from '../../src/vitess/queryService.ts';
import { flavours, startServer } from '../support/servers.ts';

for (const flavour of await flavours()) {
  describe(`the schema tracker on ${flavour}`, () => {
    it('knows columns, types, collations and keys, and follows a change', async () => {
      const server = await startServer({ flavour });
      const session = await server.connect();
      await session.query('create database vt_ks');
      await session.query('use vt_ks');
      await session.query("create table t (id bigint unsigned primary key, name varchar(20) collate utf8mb4_bin, d decimal(10,2) not null, e enum('a','b'), b varbinary(3), unique key by_name (name, d))");
      await session.query('create table child (id int primary key, t_id bigint unsigned, foreign key (t_id) references t (id) on delete cascade)');
      let away = 2;
      const changes: string[] = [];
      const tracker = new SchemaTracker({
        log: silentLog,
        onChange: (keyspace) => changes.push(keyspace),
        ask: async (_keyspace, sql) => {
          if (away-- > 0) throw new Error('no healthy tablet available');
          const [rows] = await session.query({ sql, rowsAsArray: true });
          return { fields: [], rows: (rows as unknown[][]).map((row) => row.map((cell) => (cell === null ? null : Buffer.from(String(cell))))), rowsAffected: 0n, insertId: 0n } satisfies QueryResult;
        },
      });
      await tracker.reload('ks');
      expect(changes).toEqual(['ks']);
      const t = tracker.table('ks', 't');
      expect(t?.columns.map((column) => [column.name, column.type, column.nullable])).toEqual([['id', 778, false], ['name', 6165, true], ['d', 18, false], ['e', 2074, true], ['b', 10262, true]]);
      expect(t?.columns[1]?.collation).toBe(46);
      expect(t?.primaryKey).toEqual(['id']);
      expect(t?.uniqueKeys).toEqual([['name', 'd']]);
      expect(tracker.table('ks', 'child')?.foreignKeys).toMatchObject([{ columns: ['t_id'], parent: 'ks.t', parentColumns: ['id'], onDelete: 'CASCADE' }]);
      expect(tracker.table('other', 't')).toBeUndefined();

      await session.query('alter table t add column later json');
      await Promise.all([tracker.reload('ks'), tracker.reload('ks'), tracker.reload('ks')]);
      await waitFor('the new column', () => tracker.table('ks', 't')?.columns.at(-1)?.name === 'later', { timeoutMs: 10_000 });
      expect(tracker.tableNames('ks')).toEqual(['child', 't']);
      tracker.forget('ks');
      expect(tracker.table('ks', 't')).toBeUndefined();
      await tracker.close();
      await session.end();
      await server.stop();
    });
  });
}

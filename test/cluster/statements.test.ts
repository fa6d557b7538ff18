import { type Connection, createConnection, type FieldPacket, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterUnderTest, startCluster } from '../support/cluster.ts';
import { findFlavour, flavours, startServer, type TestServer } from '../support/servers.ts';
import { groups, schema, vschema } from './applicationStatements.ts';

const sequences = "create table seq (id bigint primary key, next_id bigint, cache bigint) comment 'vitess_sequence'; insert into seq values (0, 1, 100);";
const numbered = { sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { ...vschema.tables, numbered: { column_vindexes: [{ column: 'id', name: 'xxhash' }], auto_increment: { column: 'id', sequence: 'c.seq' } } } };

/** What one statement answered, in a form to compare. */
type Answer = { readonly columns: readonly string[]; readonly rows: readonly string[] } | { readonly affected: number; readonly insertId: number } | { readonly error: number; readonly state: string };

/** How wide a computed integer or text is said to be depends on who computes it: TINY, SHORT, LONG, LONGLONG and INT24 are one, VARCHAR, CHAR and the BLOBs another. */
function kindOf(type: number): string {
  if ([1, 2, 3, 8, 9].includes(type)) return 'integer';
  return [6, 249, 250, 251, 252, 253, 254].includes(type) ? 'text' : String(type);
}

async function answerOf(session: Connection, sql: string, values?: readonly unknown[]): Promise<Answer> {
  try {
    const asked = { sql, rowsAsArray: true, typeCast: false } as const;
    const [result, fields] = values === undefined ? await session.query<RowDataPacket[][] | ResultSetHeader>(asked) : await session.execute<RowDataPacket[][] | ResultSetHeader>({ sql, rowsAsArray: true }, values as string[]);
    if (!Array.isArray(result)) return { affected: result.affectedRows, insertId: result.insertId };
    const rows = (result as unknown[][]).map((row) => row.map(shown).join(' | '));
    return { columns: (fields as FieldPacket[]).map((field) => `${field.name.trim().toLowerCase()}:${kindOf(field.columnType ?? -1)}`), rows: /order by/i.test(sql) ? rows : rows.sort() };
  } catch (error) {
    const { errno, sqlState } = error as { errno?: number; sqlState?: string };
    if (errno === undefined) throw error;
    return { error: errno, state: sqlState ?? '' };
  }
}

function shown(value: unknown): string {
  if (value === null) return 'NULL';
  // MariaDB says of a column that it holds JSON only to clients that ask for its own metadata; mysql2 parses it then.
  if (typeof value === 'string' && /^[[{]/.test(value)) return JSON.stringify(JSON.parse(value));
  if (!Buffer.isBuffer(value)) return value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const text = value.toString('utf8');
  return text.length > 200 ? `${text.slice(0, 50)}…${text.length}` : Buffer.from(text).equals(value) ? text : `0x${value.toString('hex')}`;
}

/** Answers that differ from a plain server's, and why. */
const differences: ReadonlyMap<string, string> = new Map([
  ['select @@version_comment limit 1', 'the gate says its own'],
  ["show session variables like 'sql_mode'", 'a tablet over gRPC is asked without the IGNORE_SPACE that this client asked for at login'],
  ['show index from users', 'cardinality is of one shard'], ["show table status like 'users'", 'sizes and times are of one shard'],
  ['checksum table users', 'refused: a checksum of rows over two shards'],
  ['select any_value(id) > 0 from users where team = "red"', 'it is an aggregate here, as in the standard'],
  ['select last_insert_id()', 'a value set by last_insert_id(n) is not remembered'],
  ["select 'a\\b', length('\\\\')", 'a literal of the select list is printed with its backslashes doubled under NO_BACKSLASH_ESCAPES'],
  ["select hex('é')", 'mysql2 changes its own character set when the server tracks the change, which the gate does not do'],
  ['select @@character_set_results, @@character_set_connection', 'a tablet over gRPC speaks utf8mb4 only, as in Vitess'], ["select 'a' = 'A'", 'the same'],
  ['select group_concat(name order by id) from users', 'group_concat_max_len is not applied when the gate puts shards together'],
  ['select sum(score) / 3 from users', 'div_precision_increment is not applied to what the gate computes'],
  ['select @x + 1, @y, @z', 'a user variable that is NULL has no type here'],
  ['select ? + 1', "the column is named as in Vitess: ':v1 + :v2'"], ['select concat(?, ?)', 'the same'], ['show tables like ?', 'taken here, a syntax error there'],
  ['select id, ? as p, ? as q, ? as r from types where id = ?', 'a bound number is an integer over gRPC when it is whole'],
]);

for (const flavour of await flavours()) {
  describe(`statements of applications on two shards of ${flavour}, beside one plain server`, () => {
    let plain: TestServer;
    let cluster: ClusterUnderTest;
    const gates: Record<string, string> = {};
    beforeAll(async () => {
      const mysqld = (await findFlavour(flavour))?.path;
      [plain, cluster] = await Promise.all([
        startServer({ flavour }),
        startCluster({ mysqld, keyspaces: [{ name: 'c', vschema: { tables: { seq: { type: 'sequence' } } }, schema: sequences }, { name: 's', shards: ['-80', '80-'], vschema: numbered, schema }] }),
      ]);
      const grpc = await cluster.role(
        'gate', '--cell=zone1', '--mysql-address=127.0.0.1:0', '--http-address=127.0.0.1:0', '--tablet-protocol=grpc', `--scratch-mysqld=${mysqld ?? 'auto'}`, `--db-credentials-file=${cluster.data}/credentials.json`, '--topo-implementation=etcd2', `--topo-global-server-address=${cluster.topology}`,
      );
      Object.assign(gates, { mysql: cluster.mysql, grpc: String(grpc['mysql']) });
    }, 180_000);
    afterAll(async () => plain?.stop());

    const open = async (protocol: string, database: string): Promise<Connection> => {
      const [host, port] = (gates[protocol] ?? '').split(':');
      return createConnection({ host, port: Number(port), user: 'app', database, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true });
    };

    for (const protocol of ['mysql', 'grpc']) {
      describe(`tablet protocol ${protocol}`, () => {
        let reference: Connection;
        beforeAll(async () => {
          reference = await plain.connect();
          for (const sql of ['drop database if exists s', `create database s character set utf8mb4`, 'use s', ...schema.split(';').filter((text) => text.trim() !== '')]) await reference.query(sql);
          await reference.end();
          const gate = await open(protocol, 's');
          for (const table of ['types', 'users', 'orders', 'numbered']) await gate.query(`delete from ${table}`);
          await gate.end();
        }, 60_000);

        for (const [group, statements] of Object.entries(groups)) {
          it(`answers as one server does: ${group}`, async () => {
            const [one, two] = [await plain.connect({ database: 's' }), await open(protocol, 's')];
            const wrong: string[] = [];
            for (const sql of statements) {
              const [expected, found] = [await answerOf(one, sql), await answerOf(two, sql)];
              if (!differences.has(sql) && JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(`${sql}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`);
            }
            await Promise.all([one.end(), two.end()]);
            expect(wrong.join('\n')).toBe('');
          }, 60_000);
        }

        it('executes prepared statements with parameters of every type', async () => {
          const [one, two] = [await plain.connect({ database: 's' }), await open(protocol, 's')];
          const statements: readonly (readonly [string, readonly unknown[]])[] = [
            ['insert into types (id, ti, bu, d, f, db, bt, dt, dtm, tm, y, c, v, vb, tx, bl, en, st, j) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
              500, -5, '18446744073709551615', '123.456789', 1.25, -2.5e-10, 3, '2024-05-06', '2024-05-06 07:08:09.123456', '-10:11:12.500', 1999, 'chars', 'Grüße 🎈', Buffer.from([0, 255, 1]), 'text\n\\\'', Buffer.from([0xff, 0, 0xfe]), 'z', 'q', '{"k": [1]}',
            ]],
            ['insert into types (id, v, j) values (?, ?, ?), (?, ?, ?)', [501, null, null, 502, 'x'.repeat(100), '{}']], ['select * from types where id = ?', [500]], ['select * from types where id in (?, ?, ?) order by id', [500, 501, 502]], ['select id from types where v = ? or vb = ? order by id', ['Grüße 🎈', Buffer.from([0, 255, 1])]],
            ['select id, ? as p, ? as q, ? as r from types where id = ?', [1, 'two', null, 500]], ['select count(*), max(d), sum(ti) from types where id >= ?', [500]], ['select id from types where id >= ? order by id limit ? offset ?', [500, '1', '1']], ['select id from types where dtm between ? and ?', ['2024-05-06 00:00:00', '2024-05-07']],
            ['select team, count(*) from users where score > ? group by team order by team', [5]], ['select u.id, o.amount from users u join orders o on o.user_id = u.id where o.amount > ? order by o.id', [1]], ['update types set v = ?, bl = ? where id = ?', [null, Buffer.alloc(300_00, 7), 500]], ['select v, length(bl) from types where id = ?', [500]], ['update types set ti = ? where id > ?', [9, 499]],
            ['delete from types where id >= ?', [500]], ['select id from users where name like ? and id <> ? order by id', ['%a%', 3]], ['select ? + 1', [41]], ['select concat(?, ?)', ['a', 'b']], ['show tables like ?', ['us%']], ['insert into users values (?, ?, ?, ?)', [1, 'dup', null, 1]], ['select missing from users where id = ?', [1]],
          ];
          const wrong: string[] = [];
          for (let round = 0; round < 2; round++) {
            for (const [sql, values] of statements) {
              const [expected, found] = [await answerOf(one, sql, values), await answerOf(two, sql, values)];
              if (!differences.has(sql) && JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(`${sql}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`);
            }
          }
          await Promise.all([one.end(), two.end()]);
          expect(wrong.join('\n')).toBe('');
        }, 60_000);

        it('numbers rows from a sequence and answers LAST_INSERT_ID', async () => {
          const gate = await open(protocol, 's');
          const insert = async (sql: string) => (await gate.query<ResultSetHeader>(sql))[0];
          const first = await insert('insert into numbered (n) values (1), (2), (3)');
          expect(first.affectedRows).toBe(3);
          const [rows] = await gate.query<RowDataPacket[]>('select id, n from numbered order by n');
          expect(rows.map((row) => Number(row['id']))).toEqual([first.insertId, first.insertId + 1, first.insertId + 2]);
          expect(Number((await gate.query<RowDataPacket[]>('select last_insert_id() as id'))[0][0]?.['id'])).toBe(first.insertId);
          const second = await insert('insert into numbered (id, n) values (null, 4)');
          expect(second.insertId).toBeGreaterThan(first.insertId);
          expect((await insert('insert into numbered (id, n) values (1000000, 5)')).affectedRows).toBe(1);
          expect(Number((await gate.query<RowDataPacket[]>('select last_insert_id() as id'))[0][0]?.['id'])).toBe(second.insertId);
          await gate.end();
        });

        it('names a missing table of an unsharded keyspace as the server does', async () => {
          const gate = await open(protocol, 'c');
          await expect(gate.query('select * from missing')).rejects.toMatchObject({ errno: 1146, sqlState: '42S02', message: "Table 'c.missing' doesn't exist" });
          await gate.end();
        });
      });
    }
  });
}

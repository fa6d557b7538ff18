import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../support/servers.ts';
import { BesidePlain, dmlFlavours, startServer } from './besidePlain.ts';

/** Told to a gate over two and four shards and to one plain server: same outcome, same rows, lookups that agree with the rows. */
const statements: readonly string[] = [
  "insert into users (name, email) values ('Ann', 'ann@x'), ('bob', 'bob@x'), ('Cid', 'cid@x'), (null, 'dan@x')",
  "insert into users set name = 'eve', email = 'eve@x', age = 30",
  "insert into orders (oid, user_id, total, status) values (1, 1, 10, 'new'), (2, 2, 20, 'paid'), (3, 3, 30, 'new'), (4, 1, 40, 'sent')",
  "insert into accounts (id, code, tag, n) values (1, 'c1', 'a', 1), (2, 'c2', 'a', 2), (3, 'c3', null, 3)",
  "insert into accounts (id, code, tag) values (4, 'c1', 'b')",
  "insert into filling (id, code, n) values (1, 'f1', 1), (2, 'f2', 2)",
  "update filling set code = 'f9' where id = 2",
  "update users set name = 'Anna' where id = 1",
  "update users set email = 'anna@x' where id = 1",
  "update users set email = 'eve@x' where id = 2",
  "update accounts set code = 'c9', tag = null where id = 2",
  'update users set age = age + 1',
  'update users set age = 9 where id = 3',
  'update users set age = 9 where id = 3',
  'update orders set total = total + 1 order by oid limit 2',
  'update users u join orders o on o.user_id = u.id set u.amount = 5 where o.total > 10',
  "insert into orders (oid, user_id, status) select oid + 100, user_id, 'copy' from orders",
  'delete from orders order by oid desc limit 2',
  "delete u from users u join orders o on o.user_id = u.id where o.status = 'paid'",
  "delete from accounts where tag = 'a'",
  'delete from filling',
];

for (const flavour of dmlFlavours) {
  describe(`every form of DML on ${flavour}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ flavour, options: ['character-set-server=utf8mb4', 'collation-server=utf8mb4_general_ci'] });
    }, 180_000);
    afterAll(() => server?.stop(), 60_000);

    for (const shards of [2, 4] as const) {
      it(`does over ${shards} shards what one server does`, async () => {
        const beside = await BesidePlain.start(server, shards, `s${shards}`);
        try {
          for (const sql of statements) await beside.check(sql);
        } finally {
          await beside.stop();
        }
        expect(beside.wrong.join('\n')).toBe('');
      }, 180_000);
    }
  });
}

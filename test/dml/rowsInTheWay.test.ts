import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../support/servers.ts';
import { BesidePlain, dmlFlavours, startServer } from './besidePlain.ts';

/** INSERT IGNORE, ON DUPLICATE KEY UPDATE and REPLACE where rows collide on their own shard, and by a unique lookup on another one. */
const statements: readonly string[] = [
  "insert into users (name, email) values ('Ann', 'ann@x'), ('bob', 'bob@x'), ('Cid', 'cid@x'), (null, 'dan@x')",
  "insert ignore into users (id, name, email) values (1, 'I', 'i1@x'), (62, 'J', 'ann@x'), (63, 'K', 'k@x')",
  "insert ignore into users (id, name, email) values (1, 'I', 'i1@x')",
  "insert ignore into users (id, name, email) select id + 1, 'sel', concat('s', id, '@x') from users",
  "insert into users (id, name, email) values (1, 'ODK', 'odk@x') on duplicate key update name = values(name), age = age + 1",
  "insert into users (id, name, email) values (1, 'ODK', 'odk@x') on duplicate key update name = values(name)",
  "insert into users (id, name, email) values (70, 'ODL', 'bob@x') on duplicate key update name = values(name), email = 'rep3@x'",
  "insert into users (id, name, email) values (60, 'ODM', 'odm@x'), (71, 'new', 'new71@x'), (60, 'ODN', 'odn@x') on duplicate key update name = 'again', email = values(email)",
  "insert into users (id, name, email) values (60, 'ODM', 'odm@x') on duplicate key update id = values(id), email = values(email)",
  "replace into users (id, name, email) values (2, 'Rep', 'rep@x')",
  "replace into users (id, name, email) values (2, 'Rep', 'rep@x')",
  "replace into users (id, name, email) values (60, 'Rep2', 'rep@x'), (61, 'n', 'n@x')",
  "replace into users (id, name, email, age) values (60, 'Rep2', 'n@x', 5)",
  "replace into accounts (id, code, tag) values (1, 'c1', 'a')",
  "replace into accounts (id, code, tag) values (1, 'c2', 'b'), (2, 'c2', null)",
  "insert ignore into accounts (id, code, tag) values (4, 'c2', 'b'), (2, 'c4', 'q'), (5, 'c5', 'a')",
  "replace into filling (id, code, n) values (1, 'f1', 1), (2, 'f2', 2)",
  "replace into filling (id, code, n) values (1, 'f3', 1)",
];

for (const flavour of dmlFlavours) {
  describe(`rows in the way of an INSERT on ${flavour}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ flavour, options: ['character-set-server=utf8mb4', 'collation-server=utf8mb4_general_ci'] });
    }, 180_000);
    afterAll(() => server?.stop(), 60_000);

    for (const shards of [2, 4] as const) {
      it(`are treated over ${shards} shards as on one server, and lookups follow`, async () => {
        const beside = await BesidePlain.start(server, shards, `w${shards}`);
        try {
          // MySQL warns that VALUES() is on its way out; shards are told the values themselves.
          for (const sql of statements) await beside.check(sql, flavour === 'mysql' && sql.includes('= values(') ? ['warnings', 'info'] : []);
        } finally {
          await beside.stop();
        }
        expect(beside.wrong.join('\n')).toBe('');
      }, 180_000);
    }
  });
}

import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStatement, printStatement, sameTree, type Statement } from '../../src/sql/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { acceptanceStatements } from './acceptanceStatements.ts';

/** Syntax error, parse error, empty query. */
const syntaxErrors = new Set([1064, 1149, 1065]);

/** Taken by a server's grammar only to be refused right behind it, or nothing a gate could route; each with the reason. */
const notTaken = new Map([
  ['select a into @a from t into @b', 'two INTO: the grammar takes them, the server then refuses'],
  ['set a = on + 1', 'refused for the unknown variable before the rest is read'],
  ['set a.b = 1, c.d.e = 1', 'refused for the unknown variable before the rest is read'],
  ['explain format=tree analyze select 1', 'MariaDB takes EXPLAIN of its ANALYZE here and nowhere else'],
  ['select f(a), f(a as x), s.f(), f(distinct a) from t', 'names for the arguments of loadable functions'],
]);

describe.each(await flavours())('on %s', (flavour) => {
  let server: TestServer;
  let connection: Connection;

  beforeAll(async () => {
    server = await startServer({ flavour });
    // mysql2 asks for IGNORE_SPACE unless told otherwise.
    connection = await server.connect({ flags: ['-IGNORE_SPACE'] });
    await connection.query('create database own');
    await connection.query('use own');
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  async function isSql(sql: string): Promise<boolean> {
    await connection.query('set @q = ?', [sql]);
    try {
      await connection.query('prepare s from @q');
      return true;
    } catch (error) {
      return !syntaxErrors.has((error as { errno: number }).errno);
    }
  }

  it('what the server takes is parsed, and what is printed the server takes', async () => {
    const wrong: string[] = [];
    let taken = 0;
    for (const sql of acceptanceStatements) {
      if (notTaken.has(sql) || !(await isSql(sql))) continue;
      taken++;
      let tree: Statement;
      try {
        tree = parseStatement(sql, { dialect: flavour });
      } catch (error) {
        wrong.push(`${sql}: ${error}`);
        continue;
      }
      const printed = printStatement(tree, { positional: 'positional' });
      if (!sameTree(parseStatement(printed, { dialect: flavour }), tree)) wrong.push(`${sql} → ${printed}: another tree`);
      if (!(await isSql(printed))) wrong.push(`${sql} → ${printed}: refused by the server`);
    }
    expect(wrong).toEqual([]);
    expect(taken).toBeGreaterThan(350);
  });
});

import type { Connection, FieldPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalize, type NormalizedQuery, parseStatement, rewrite, sameTree, type Statement } from '../../src/sql/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { corpusStatements, hasCases } from './caseFiles.ts';

/** The key with the literals put back where their binds stand. */
function putBack(sql: string, query: NormalizedQuery): string {
  return query.key.replace(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|(::?)(v_*)(\d+)/gs, (text, colons: string | undefined, prefix: string, number: string) => {
    if (colons === undefined || prefix !== query.prefix) return text;
    const bind = query.binds[Number(number) - 1];
    if (bind === undefined) return text;
    const literal = sql.slice(bind.start, bind.end);
    return colons === ':' && literal.startsWith('-') ? ` ${literal}` : ` ${literal}`;
  });
}

/** Takes away the aliases that the key has and the text has not. */
function withoutAliases(tree: Statement): Statement {
  return rewrite(tree, (node) => (node.kind === 'selectExpr' && node.alias !== undefined ? { ...node, alias: undefined } : node)) as Statement;
}

describe.skipIf(!hasCases)('normalised corpora', () => {
  it('mean what they meant: with the literals put back the tree is the same', () => {
    let aliases = 0;
    for (const sql of corpusStatements()) {
      let tree: Statement;
      try {
        tree = parseStatement(sql);
      } catch {
        continue;
      }
      const query = normalize(sql);
      const again = parseStatement(putBack(sql, query));
      if (sameTree(again, tree)) continue;
      aliases++;
      expect(sameTree(withoutAliases(again), withoutAliases(tree)), `${sql}\n→ ${query.key}`).toBe(true);
    }
    expect(aliases).toBeGreaterThan(100);
  });
});

/** Select lists whose names a key must keep. */
const lists = [
  'a+1', 'a + 1', '-5', '(5)', '5', "'x'", "concat('a', 'b')", 'a+1 b', 'a+1 as `b c`', "a = 'x'", "'x' = a", "if(a, 'y', 2)", 'now() + interval 1 day > 5', 'count(*) + 1', '1.50', '1e3', "x'41'", '0x41', "b'1'", 'null', 'a in (1, 2)',
  '(select 5)', '(select a + 1 from t limit 1)', 'case when a = 1 then 2 else 3 end', "a like 'x%'", '@@version_comment = 5', '@q := 5', 'a   +   1', 'a /* c */ + 1', '`a`+1', 'true and 1', 'not 1', '- - 5', 'a between 1 and 2', 'abs(-5)', 'cast(5 as char(3))', 'date_add(a, interval 5 day)', "concat('a''b', 1)",
  'sum(a + 1) over (order by a rows between 1 preceding and current row)', 'a div 2, a mod 3, a + 1', "'a' 'b'", "a 'z'", '5 q', 'char(65)',
];

describe.each(await flavours())('column names on %s', (flavour) => {
  let server: TestServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startServer({ flavour });
    connection = await server.connect();
    await connection.query('create database d');
    await connection.query('use d');
    await connection.query('create table t (a int)');
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  const names = async (sql: string): Promise<string[]> => {
    const [, fields] = await connection.query({ sql, rowsAsArray: true });
    return (fields as FieldPacket[]).map((field) => field.name);
  };

  it.each(lists)('select %s', async (list) => {
    const sql = `select ${list} from t`;
    expect(await names(putBack(sql, normalize(sql)))).toEqual(await names(sql));
  });
});

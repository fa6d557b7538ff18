import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStatement, printStatement, type Statement, visit } from '../../src/sql/index.ts';
import { settingsOf } from '../../src/sql/lexer/settings.ts';
import { tokenize } from '../../src/sql/lexer/tokenStream.ts';
import * as T from '../../src/sql/lexer/tokens.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { casesFolder, corpusStatements, hasCases } from './caseFiles.ts';
import { inventTables } from './inventTables.ts';
import { meaningStatements, meaningTables } from './meaningStatements.ts';

/**
 * What we print means what was written: EXPLAIN makes the server show how it understood a statement (a note with the statement normalised),
 * and that note is the same for the text as written and for the text as we print it.
 */
describe.each(await flavours())('on %s', (flavour) => {
  let server: TestServer;
  let connection: Connection;

  beforeAll(async () => {
    server = await startServer({ flavour });
    connection = await server.connect({ multipleStatements: true });
    await connection.query("set names utf8mb4; set sql_mode = ''");
    if (flavour === 'mysql') await connection.query("set explain_format = 'TRADITIONAL'");
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  /** The server's own form of a statement; an error's number when it refuses it. */
  async function understood(sql: string): Promise<string | number> {
    try {
      await connection.query(`explain ${flavour === 'mariadb' ? 'extended ' : ''}${sql}`);
      const [rows] = await connection.query('show warnings');
      const note = (rows as { Code: number; Message: string }[]).find((row) => Number(row.Code) === 1003);
      return note?.Message ?? 'no note';
    } catch (error) {
      return (error as { errno?: number }).errno ?? -1;
    }
  }

  interface Outcome {
    accepted: number;
    compared: number;
    readonly different: string[];
    readonly refused: Map<number, number>;
  }

  async function compare(statements: readonly string[]): Promise<Outcome> {
    const outcome: Outcome = { accepted: 0, compared: 0, different: [], refused: new Map() };
    for (const sql of new Set(statements)) {
      const text = runnable(sql);
      if (text === undefined) continue;
      const before = await understood(text);
      if (typeof before === 'number') {
        outcome.refused.set(before, (outcome.refused.get(before) ?? 0) + 1);
        continue;
      }
      outcome.accepted++;
      let tree: Statement;
      try {
        tree = parseStatement(text, { dialect: flavour });
      } catch (error) {
        outcome.different.push(`${text}\n  not parsed: ${error}`);
        continue;
      }
      const printed = printStatement(tree);
      const after = await understood(printed);
      outcome.compared++;
      if (typeof after === 'string' && (meaning(after, tree) === meaning(before, tree) || (flavour === 'mariadb' && onlyParentheses(meaning(before, tree), meaning(after, tree))))) continue;
      outcome.different.push(`${text}\n  printed ${printed}\n  was ${before}\n  is  ${after}`);
    }
    return outcome;
  }

  it('own statements mean the same when printed', async () => {
    await connection.query(`create database own; use own; ${meaningTables}`);
    const outcome = await compare(meaningStatements);
    expect(outcome.different).toEqual([]);
    expect(outcome.compared).toBeGreaterThan(0.8 * meaningStatements.length);
  });

  it.skipIf(!hasCases)('the SELECTs of the corpora mean the same when printed, on the planner schemas', async () => {
    for (const name of ['user', 'main']) {
      const tables = readFileSync(join(casesFolder, 'planner_schemas', 'schemas', `${name}.sql`), 'utf8');
      await connection.query(`create database if not exists \`${name}\`; use \`${name}\`; ${tables}`);
      await connection.query(`create database if not exists planner; use planner; ${tables.replace(/create table /gi, 'create table if not exists ')}`);
    }
    await connection.query('use planner');
    const outcome = await compare(corpusStatements());
    console.info(`${flavour}, planner schemas: ${outcome.accepted} accepted, ${outcome.compared} compared`);
    expect(outcome.different).toEqual([]);
    expect(outcome.compared).toBeGreaterThanOrEqual(0.95 * outcome.accepted);
    expect(outcome.compared).toBeGreaterThan(300);
  }, 300_000);

  it.skipIf(!hasCases)('the SELECTs of the corpora mean the same when printed, on tables made for them', async () => {
    await connection.query('create database invented; use invented');
    const statements = corpusStatements();
    for (const [name, columns] of inventTables(statements)) {
      const list = [...columns].slice(0, 200).map((column) => `\`${column.replaceAll('`', '``')}\` varchar(40)`);
      await connection.query(`create table if not exists \`${name.replaceAll('`', '``')}\` (${list.join(', ')})`).catch(() => undefined);
    }
    const outcome = await compare(statements);
    console.info(`${flavour}, invented tables: ${outcome.accepted} accepted, ${outcome.compared} compared`);
    expect(outcome.different).toEqual([]);
    expect(outcome.compared).toBeGreaterThanOrEqual(0.95 * outcome.accepted);
    expect(outcome.compared).toBeGreaterThan(2_000);
  }, 300_000);
});

/** The text with `1` for each `?`; undefined for what EXPLAIN can't take. */
function runnable(sql: string): string | undefined {
  if (!/^[\s(]*(select|with|table|values)\b/i.test(sql)) return undefined;
  let stream: ReturnType<typeof tokenize>;
  try {
    stream = tokenize(sql, settingsOf(undefined));
  } catch {
    return undefined;
  }
  let text = '';
  let at = 0;
  for (const [i, kind] of stream.kinds.entries()) {
    if (kind !== T.PARAM) continue;
    text += `${sql.slice(at, stream.starts[i])}1`;
    at = stream.ends[i] as number;
  }
  return text + sql.slice(at);
}

/** Nodes whose strings are names. */
const naming = new Set<string>([
  'column', 'tableName', 'table', 'selectExpr', 'derivedTable', 'commonTable', 'star', 'join', 'namedWindow', 'windowRef', 'windowSpec', 'jsonTable',
  'jsonTableOrdinality', 'jsonTablePath', 'indexHint',
]);

/** Names of databases that the notes add. */
const databases = ['own', 'planner', 'invented', 'user', 'main'];

/**
 * What has to be the same in both notes. Taken out is what follows from the text alone: names that columns have of their own text, and the
 * spelling of system variables, which MySQL shows as written.
 */
function meaning(note: string, tree: Statement): string {
  const known = new Set<string>(databases);
  visit(tree, {
    enter: (node) => {
      if (!naming.has(node.kind)) return;
      for (const value of Object.values(node)) {
        if (typeof value === 'string') known.add(value.toLowerCase());
        else if (Array.isArray(value)) for (const item of value) if (typeof item === 'string') known.add(item.toLowerCase());
      }
    },
  });
  return note
    .replace(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs, (name) => (name[0] === "'" || known.has(name.slice(1, -1).replaceAll('``', '`').toLowerCase()) ? name : '`·`'))
    .replace(/@@[\w.]+/g, (name) => name.toLowerCase().replace('@@local.', '@@session.'));
}

/**
 * MariaDB shows the parentheses of a set operation as they were written, though they change nothing, and makes a derived table (`__5`) of a
 * parenthesised left operand, `(a union b) union c`, which is the same as `a union b union c`.
 */
function onlyParentheses(before: string, after: string): boolean {
  const plain = (note: string) => note.replace(/[()]|\/\* select#\d+ \*\//g, '').replace(/ +/g, ' ').trim();
  return / union | except | intersect |^\(/.test(before) && (plain(before) === plain(after) || /`·`|`__/.test(before) && before.includes('union'));
}

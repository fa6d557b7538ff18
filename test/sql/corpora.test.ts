import { describe, expect, it } from 'vitest';
import { normalize, parseStatement, printStatement, sameTree, SqlSyntaxError } from '../../src/sql/index.ts';
import { corpusStatements, hasCases, readCases } from './caseFiles.ts';

/** Queries of the planner's cases that no MySQL grammar has either; Vitess's own answer to them is a syntax error. */
const notSql = new Set([
  'the quick brown fox',
  // INTO and ORDER BY end a query: what is united must be in parentheses.
  "select id from user into outfile 'out_file_name' union all select id from music",
  'select id from user order by id union all select id from music order by id desc',
]);

describe.skipIf(!hasCases)('the corpora', () => {
  const statements = corpusStatements();

  it('parse, all but what is no SQL', () => {
    const refused = statements.filter((sql) => {
      try {
        parseStatement(sql);
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(SqlSyntaxError);
        return true;
      }
    });
    expect(refused.filter((sql) => !notSql.has(sql))).toEqual([]);
  });

  it('print to text that parses to the same tree and prints the same again', () => {
    for (const sql of statements) {
      if (notSql.has(sql)) continue;
      const tree = parseStatement(sql);
      const printed = printStatement(tree);
      const again = parseStatement(printed);
      expect(sameTree(again, tree), `${sql}\n→ ${printed}`).toBe(true);
      expect(printStatement(again)).toBe(printed);
    }
  });

  it('read the same from bytes as from text', () => {
    for (const sql of statements) {
      if (notSql.has(sql)) continue;
      expect(sameTree(parseStatement(Buffer.from(sql)), parseStatement(sql)), sql).toBe(true);
    }
  });

  it('normalise to keys that parse, and that are their own keys', () => {
    for (const sql of statements) {
      if (notSql.has(sql)) continue;
      const query = normalize(sql);
      expect(() => parseStatement(query.key), `${sql}\n→ ${query.key}`).not.toThrow();
      expect(normalize(Buffer.from(sql)).key).toBe(query.key);
      expect(normalize(query.key).key).toBe(query.key);
      expect(normalize(query.key).spans).toEqual([]);
    }
  });

  it('the spans splice the values back to the text', () => {
    for (const sql of statements) {
      if (notSql.has(sql)) continue;
      const { spans } = normalize(sql);
      let at = 0;
      for (let i = 0; i < spans.length; i += 3) {
        expect(spans[i]).toBeGreaterThanOrEqual(at);
        expect(spans[i + 1]).toBeGreaterThan(spans[i]!);
        at = spans[i + 1]!;
      }
      expect(at).toBeLessThanOrEqual(sql.length);
    }
  });

  it('the planner cases that Vitess refuses as syntax are the only ones we refuse', () => {
    const cases = readCases<{ query: string; expect: { error?: unknown } }>('plan_cases.jsonl');
    for (const { query, expect: expected } of cases) {
      if (notSql.has(query)) continue;
      expect(JSON.stringify(expected.error ?? '').startsWith('syntax error'), query).toBe(false);
    }
  });
});

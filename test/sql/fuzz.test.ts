import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalize, parseStatement, parseStatements, printStatement, redact, sameTree, settingsOf, type SqlSettings, splitStatements, SqlSyntaxError } from '../../src/sql/index.ts';
import { corpusStatements } from './caseFiles.ts';
import { definitionStatements } from './definitionStatements.ts';
import { dice, mutate } from './mutate.ts';

const isLong = process.env.VTREWIND_TEST === 'long';
const RUNS = isLong ? 1_000_000 : 10_000;
const HOUR = 3_600_000;

const allSettings: readonly SqlSettings[] = [
  settingsOf({}), settingsOf({ dialect: 'mariadb' }), settingsOf({ version: 80044 }),
  settingsOf({ sqlMode: { ansiQuotes: true, pipesAsConcat: true, noBackslashEscapes: true, ignoreSpace: true, highNotPrecedence: true } }),
  ...['gbk', 'gb18030', 'big5', 'sjis', 'cp932', 'latin1'].map((charset) => settingsOf({ charset })),
];

/** All that the package does with a text; throws anything that is not an SqlSyntaxError, or when a promise is broken. */
function exercise(source: string | Uint8Array, settings: SqlSettings): void {
  const tree = answerOf(() => parseStatement(source, settings));
  if (tree !== undefined) {
    const printed = printStatement(tree, { noBackslashEscapes: settings.noBackslashEscapes, highNotPrecedence: settings.highNotPrecedence, positional: 'positional' });
    // Bytes that are no text are printed as `_charset x'…'`, which is another node.
    const isText = typeof source === 'string' || !/_\w+ x'/.test(printed);
    if (!sameTree(parseStatement(printed, settings), tree) && isText) throw new Error(`another tree: ${printed}`);
  }
  const query = answerOf(() => normalize(source, settings));
  if (query !== undefined) {
    for (const bind of query.binds) void (bind.values ?? bind.value);
    if (tree !== undefined && query.tail < 0) printStatement(parseStatement(query.key, settings));
  } else if (tree !== undefined) throw new Error('parses but does not normalise');
  splitStatements(source, settings);
  answerOf(() => parseStatements(source, settings));
  if (typeof source === 'string') redact(source);
}

function answerOf<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof SqlSyntaxError) return undefined;
    throw error;
  }
}

describe(`${RUNS} inputs`, () => {
  it('mutated statements neither crash nor come back as another tree', () => {
    const corpus = [...definitionStatements.map(([sql]) => sql), ...corpusStatements()];
    const seed = Number(process.env.VTREWIND_SEED ?? (process.env.VTREWIND_TEST === 'long' ? Date.now() % 1_000_000_007 : 20_261_121));
    console.info(`seed ${seed} (VTREWIND_SEED)`);
    const roll = dice(seed);
    for (let i = 0; i < RUNS * 0.8; i++) {
      const text = mutate(roll, corpus);
      const settings = allSettings[roll(allSettings.length)]!;
      const source = roll(2) === 0 ? text : Buffer.from(text, 'latin1');
      try {
        exercise(source, settings);
      } catch (error) {
        throw new Error(`seed ${seed}, input ${i}: ${JSON.stringify(text)}`, { cause: error });
      }
    }
  }, HOUR * 3);

  it('any text, any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.uint8Array({ maxLength: 200 })), fc.constantFrom(...allSettings), (source, settings) => {
        exercise(source, settings);
      }),
      { numRuns: RUNS * 0.1 },
    );
  }, HOUR);

  it('any row of tokens', () => {
    const token = fc.constantFrom(
      'select', 'from', 'where', 'a', 'b', 't', '`x`', "'s'", '1', '1.5', '(', ')', ',', '.', '*', '+', '-', '=', 'and', 'or', 'not', 'in', 'between', 'like', 'is', 'null', 'case', 'when', 'then', 'else', 'end', 'exists', 'interval', 'day',
      'group', 'order', 'by', 'limit', 'join', 'left', 'on', 'using', 'union', 'all', 'with', 'as', 'recursive', 'insert', 'into', 'values', 'update', 'set', 'delete', 'create', 'table', 'int', 'primary', 'key', 'alter', 'add', 'drop', 'over',
      'partition', 'count(', 'cast(', 'char', 'collate', 'utf8mb4_bin', ':v1', '::l', '?', '@a', '@@b', ';', 'show', 'explain', 'begin', 'if',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.constantFrom(...allSettings), (tokens, settings) => exercise(tokens.join(' '), settings)),
      { numRuns: RUNS * 0.1 },
    );
  }, HOUR);
});

describe('what a syntax error says', () => {
  it.each([
    ['select 1 from', "near '' at line 1", 13],
    ['select\n*\nfrom t wher a = 1', "near 'a = 1' at line 3", 21],
    ["select 'abc", "near ''abc' at line 1", 7],
    ['select /* abc', "near '/* abc' at line 1", 7],
    ['select 1 select 2', "near 'select 2' at line 1", 9],
  ])('%j', (sql, near, offset) => {
    const error = caught(() => parseStatement(sql));
    expect(error.message).toContain('You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near');
    expect(error.message).toContain(near);
    expect([error.mysql, error.sqlState, error.offset]).toEqual([1064, '42000', offset]);
  });

  it('nothing is 1065, too much 1153, too deep 1436', () => {
    expect(caught(() => parseStatement(' -- x')).mysql).toBe(1065);
    expect(caught(() => parseStatement('select 1', { maxLength: 5 })).mysql).toBe(1153);
    expect(caught(() => parseStatement(`select ${'('.repeat(100_000)}`)).mysql).toBe(1436);
    expect(caught(() => parseStatement(`select ${'not '.repeat(100_000)}1`)).mysql).toBe(1436);
    expect(caught(() => parseStatement(`${'('.repeat(50_000)}select 1${')'.repeat(50_000)}`)).mysql).toBe(1436);
  });

  function caught(run: () => unknown): SqlSyntaxError {
    try {
      run();
    } catch (error) {
      if (error instanceof SqlSyntaxError) return error;
      throw error;
    }
    throw new Error('no error');
  }
});

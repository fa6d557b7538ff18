import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatement } from '../parser/index.ts';
import { quoteString } from '../lexer/quote.ts';
import { redact } from './redact.ts';

describe('redact', () => {
  it('leaves no literal and no comment', () => {
    for (const [sql, expected] of [
      ["select * from t where a in (1, 2, -3, 'x') and b = 'it''s' /* secret */ limit 5", 'select * from t where a in (?) and b = ? limit ?'],
      ["insert into t values (1, 'a'), (2, _utf8mb4'b')", 'insert into t values (?), (?)'],
      ["create user a@b identified by 'pw'", 'create user a@b identified by ?'],
      ["set password for x = 'y'", 'set password for x = ?'],
      ["select a, 1, b, x'41', 0x42, b'1', N'n', 1e5 from `my table` where n > 0x12 -- note", 'select a, ?, b, ? from `my table` where n > ?'],
      ['select :v1, @v, @@x, ? from t', 'select :v1, @v, @@x, ? from t'],
      ["select 'never closed", 'select …'],
      ['', ''],
    ] as const) expect(redact(sql)).toBe(expected);
    expect(redact(parseStatement("SELECT a FROM t WHERE b='secret'"))).toBe('select a from t where b = ?');
  });

  it('never shows the text of a string, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), (secret) => {
        const marked = `${secret}§secret§${secret}`;
        expect(redact(`select a from t where b = ${quoteString(marked, false)} and c = 1`)).not.toContain('§secret§');
        expect(redact(Buffer.from(`select ${quoteString(marked, false)}`))).not.toContain('§secret§');
        expect(redact(`select /* ${marked.replaceAll('*/', '')} */ 'x' ${marked}`.slice(0, 30))).not.toContain('§secret§');
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.uint8Array()), (sql) => typeof redact(sql) === 'string'));
  });

  it('cuts very long text', () => {
    expect(redact(`select ${'abc, '.repeat(10_000)} 1`).length).toBeLessThan(5_000);
  });

  it('hints keep their names and lose their values', () => {
    expect(redact("select /*+ set_var(sql_mode = 'secret') max_execution_time(1000) index(`t1` i2) */ a from t1")).toBe('select /*+ set_var(sql_mode = ?) max_execution_time(?) index(`t1` i2) */ a from t1');
    expect(redact('select /*+ set_var(a = "sec\\"ret") qb_name(q\'secret) */ 1')).not.toMatch(/ret/);
  });
});

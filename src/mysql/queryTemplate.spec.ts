import { describe, expect, it } from 'vitest';
import { TYPE } from './constants/columnTypes.ts';
import { queryTemplate } from './queryTemplate.ts';

const text = (type: number, value: string | Buffer) => ({ type, value: Buffer.from(value) });

describe('a query template', () => {
  it('fills binds outside quotes and comments, and leaves others alone', () => {
    const template = queryTemplate("select ':a', `:b`, \":c\\\":d\", a::x /* :e */ from t where a = :v1 and b in ::v2 and c = 'it''s :f' and d = :v1");
    expect(template.names).toEqual(['x', 'v1', 'v2', 'v1']);
    const out = template.render({ x: text(TYPE.INT64, '0'), v1: text(TYPE.INT64, '-5'), v2: { type: TYPE.TUPLE, values: [text(TYPE.INT64, '1'), text(TYPE.VARCHAR, "a'b\\")] } });
    expect(out.toString()).toBe("select ':a', `:b`, \":c\\\":d\", a0 /* :e */ from t where a = -5 and b in (1, 'a\\'b\\\\') and c = 'it''s :f' and d = -5");
  });

  it('never lets a bind become syntax', () => {
    for (const [type, value] of [[TYPE.INT64, '1 or 1=1'], [TYPE.DECIMAL, '1;drop'], [TYPE.HEXVAL, "x'0'"], [TYPE.BITNUM, 'b']] as const) {
      expect(() => queryTemplate('select :a').render({ a: text(type, value) })).toThrow();
    }
    expect(() => queryTemplate('select :a').render({})).toThrow('missing bind variable a');
    expect(queryTemplate('select :a').render({ a: text(TYPE.VARCHAR, "\\'") }, { noBackslashEscapes: true }).toString()).toBe("select '\\'''");
    expect(queryTemplate('select :a').render({ a: { type: TYPE.VARBINARY, value: Buffer.from([0xff, 0]) } })).toEqual(Buffer.from([...Buffer.from("select _binary'"), 0xff, 0x5c, 0x30, 0x27]));
  });
});

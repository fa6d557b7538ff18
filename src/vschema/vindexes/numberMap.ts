import { vindexError } from './vindexError.ts';

/**
 * A flat JSON object of names to unsigned 64-bit numbers, as `numeric_static_map` and `region_json` take it. JSON.parse would round
 * numbers past 2^53. Throws INVALID_ARGUMENT; malformed text is named as Vitess names it.
 */
export function parseNumberMap(json: string): Map<string, bigint> {
  const map = new Map<string, bigint>();
  let at = 0;
  const blanks = (): void => {
    while (at < json.length && ' \t\r\n'.includes(json.charAt(at))) at++;
  };
  const expect = (character: string, where: string): void => {
    blanks();
    if (json.charAt(at) !== character) throw unexpected(json.charAt(at), where);
    at++;
  };
  const string = (): string => {
    blanks();
    if (json.charAt(at) !== '"') throw unexpected(json.charAt(at), 'looking for beginning of object key string');
    const start = at++;
    while (at < json.length && json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
    at++;
    try {
      return JSON.parse(json.slice(start, at)) as string;
    } catch (error) {
      throw vindexError(`invalid object key ${json.slice(start, at)}: ${String(error)}`);
    }
  };
  const number = (): bigint => {
    blanks();
    const text = /^-?[0-9][0-9.eE+-]*/.exec(json.slice(at))?.[0];
    if (text === undefined) throw unexpected(json.charAt(at), 'looking for beginning of value');
    if (!/^(0|[1-9]\d*)$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) throw vindexError(`json: cannot unmarshal number ${text} into Go value of type uint64`);
    at += text.length;
    return BigInt(text);
  };

  expect('{', 'looking for beginning of value');
  blanks();
  if (json.charAt(at) === '}') at++;
  else {
    for (;;) {
      const key = string();
      expect(':', 'after object key');
      map.set(key, number());
      blanks();
      if (json.charAt(at) === '}') break;
      expect(',', 'after object key:value pair');
    }
    at++;
  }
  blanks();
  if (at < json.length) throw unexpected(json.charAt(at), 'after top-level value');
  return map;
}

function unexpected(character: string, where: string) {
  return vindexError(character === '' ? 'unexpected end of JSON input' : `invalid character '${character}' ${where}`);
}

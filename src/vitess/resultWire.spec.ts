import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import { ExecuteResponse, QueryResult as PbResult } from './gen/query.ts';
import type { QueryResult } from './queryService.ts';
import { decodeResult, encodeResult } from './resultCodec.ts';
import { resultMethods } from './resultMethods.ts';
import { decodeResultBytes, encodeResultBytes } from './resultWire.ts';

const value = fc.option(fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)), { nil: null });
const results: fc.Arbitrary<QueryResult> = fc.record({
  fields: fc.array(fc.record({ name: fc.string(), type: fc.constantFrom(TYPE.INT64, TYPE.VARCHAR), charset: fc.integer({ min: 1, max: 300 }), flags: fc.integer({ min: 0, max: 32767 }), columnLength: fc.nat(), table: fc.string(), orgTable: fc.string(), database: fc.string(), orgName: fc.string(), decimals: fc.nat(31) }), { maxLength: 4 }),
  rows: fc.array(fc.array(value, { maxLength: 5 }), { maxLength: 20 }),
  rowsAffected: fc.bigInt(0n, 2n ** 64n - 1n), insertId: fc.bigInt(0n, 2n ** 64n - 1n), info: fc.string(),
});

it('writes the bytes that the generated code writes, and reads them back alike', () => {
  fc.assert(fc.property(results, (result) => {
    const ours = encodeResultBytes(result);
    expect(ours.toString('hex')).toBe(Buffer.from(PbResult.encode(encodeResult(result)).finish()).toString('hex'));
    expect(decodeResultBytes(ours)).toEqual(decodeResult(PbResult.decode(ours)));
  }));
});

it('reads every recorded answer as the generated code does, and writes it to the same bytes', () => {
  let seen = 0;
  for (const line of readFileSync(new URL('../../test/fixtures/grpc/direct.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
    const r = JSON.parse(line);
    if (r.Type !== 'query.ExecuteResponse') continue;
    const bytes = Buffer.from(r.base64, 'base64');
    const { result } = resultMethods.execute.responseDeserialize(bytes);
    expect(result).toEqual(decodeResult(ExecuteResponse.decode(bytes).result));
    seen++;
  }
  expect(seen).toBeGreaterThan(50);
});

it('refuses bytes cut anywhere, and never reads past them', () => {
  const bytes = encodeResultBytes({ fields: [{ name: 'a', type: TYPE.INT64 }], rows: [[Buffer.from('12345'), null, Buffer.alloc(200, 1)]], rowsAffected: 0n, insertId: 0n });
  let refused = 0;
  for (let length = 1; length < bytes.length; length++) {
    try {
      decodeResultBytes(Buffer.from(bytes.subarray(0, length)));
    } catch {
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(bytes.length - 20);
});

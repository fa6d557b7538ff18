import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as query from '../../src/vitess/gen/query.ts';
import * as topodata from '../../src/vitess/gen/topodata.ts';
import * as vschema from '../../src/vitess/gen/vschema.ts';

/** What every generated message offers. */
interface Codec { decode(b: Uint8Array): unknown; encode(m: never): { finish(): Uint8Array }; toJSON(m: never): unknown; fromJSON(o: unknown): unknown }
const packages: Record<string, Record<string, unknown>> = { query, topodata, vschema };
function codec(type: string): Codec {
  const [pkg, name] = type.split('.') as [string, string];
  const found = packages[pkg]?.[name];
  if (found === undefined) throw new Error(`no codec for ${type}`);
  return found as Codec;
}
const jsonl = (path: string) =>
  readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
/** Statements are bytes with us and text in the recording. */
function readable(json: unknown): unknown {
  const message = snakeToCamel(json) as { query?: { sql?: string } };
  if (message.query?.sql === undefined) return message;
  const text = message.query.sql;
  const isBase64 = Buffer.from(text, 'base64').toString('base64') === text;
  return { ...message, query: { ...message.query, sql: isBase64 ? Buffer.from(text, 'base64').toString() : text } };
}
const snakeToCamel = (v: unknown): unknown =>
  Array.isArray(v) ? v.map(snakeToCamel)
    : v !== null && typeof v === 'object'
      ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()), snakeToCamel(x)]))
      : v;

describe('topology records of a real cluster', () => {
  for (const r of jsonl('topo/records.jsonl')) {
    it(`${r.key} decodes and encodes back`, () => {
      const c = codec(r.messageType);
      const bytes = Buffer.from(r.valueBase64, 'base64');
      const message = c.decode(bytes);
      expect(c.toJSON(message as never)).toEqual(r.decoded);
      const again = Buffer.from(c.encode(message as never).finish());
      if (r.reencodesIdentically) expect(again.toString('base64')).toBe(r.valueBase64);
      expect(again.length).toBe(bytes.length);
      expect(c.decode(again)).toEqual(message);
      expect(c.toJSON(c.fromJSON(r.decoded) as never)).toEqual(r.decoded);
    });
  }
});

describe('gRPC calls of a real cluster', () => {
  for (const file of ['direct', 'vtgate_to_vttablet', 'vtgate_default_options', 'health']) {
    it(`${file}.jsonl: every message decodes and encodes back`, () => {
      let seen = 0;
      for (const r of jsonl(`grpc/${file}.jsonl`)) {
        const type: string | undefined = r.Type ?? (r.method && `query.${r.method}Request`);
        if (r.base64 === undefined || !type) continue;
        const c = codec(type);
        const message = c.decode(Buffer.from(r.base64, 'base64'));
        const again = Buffer.from(c.encode(message as never).finish());
        const where = `${file} N=${r.N} ${type}`;
        expect(again.length, where).toBe(Buffer.from(r.base64, 'base64').length);
        expect(c.decode(again), where).toEqual(message);
        if (r.decoded !== undefined) expect(readable(c.toJSON(message as never)), where).toEqual(readable(r.decoded));
        seen++;
      }
      expect(seen).toBeGreaterThan(0);
    });
  }
});

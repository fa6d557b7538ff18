import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vindexJsonLine } from './vindexJsonLine.ts';

const fixtures = new URL('../../test/fixtures/', import.meta.url).pathname;

interface Recorded {
  readonly vindex: string;
  readonly op: string;
  readonly input: unknown;
  readonly inputType?: unknown;
  readonly inputHex?: unknown;
  readonly ksidHex?: string;
  readonly destination?: string;
  readonly verify?: boolean;
  readonly error?: string;
}

/** What a real Vitess answered, in the shape of our answer. */
function expected(recorded: Recorded): object {
  if (recorded.error !== undefined) return { error: recorded.error };
  switch (recorded.op) {
    case 'verify': return { verify: recorded.verify };
    case 'reverseMap': return { input: recorded.input, inputType: recorded.inputType, inputHex: recorded.inputHex };
    default: return recorded.ksidHex === undefined ? { destination: recorded.destination } : { ksidHex: recorded.ksidHex, destination: recorded.destination };
  }
}

describe('vindexJsonLine', () => {
  const lines = readFileSync(`${fixtures}vindex_vectors.jsonl`, 'utf8').split('\n').filter((line) => line !== '');
  const byVindex = Map.groupBy(lines, (line) => (JSON.parse(line) as Recorded).vindex);

  it('has all the recorded vectors', () => {
    expect(lines).toHaveLength(242);
  });

  for (const [vindex, ofVindex] of byVindex) {
    it(`answers as Vitess does for ${vindex} (${ofVindex.length} recorded)`, () => {
      for (const line of ofVindex) {
        expect(JSON.parse(vindexJsonLine(line, { directory: fixtures })), line).toEqual(expected(JSON.parse(line) as Recorded));
      }
    });
  }

  it('answers a bad line with an error and never throws', () => {
    for (const line of ['', '[]', '{', '{"vindex":1}', '{"vindex":"hash","inputType":"NOPE","inputHex":"31"}', '{"vindex":"hash","inputType":"INT64","inputHex":"3"}', '{"vindex":"hash","op":"fly"}']) {
      expect(JSON.parse(vindexJsonLine(line)), line).toHaveProperty('error');
    }
    expect(JSON.parse(vindexJsonLine('{"vindex":"nope"}'))).toEqual({ error: 'vindexType "nope" not found' });
    expect(JSON.parse(vindexJsonLine('{"vindex":"lookup","inputType":"INT64","inputHex":"31"}')).error).toContain('lookup table');
  });

  it('names lookup vindexes with their cost', () => {
    expect(JSON.parse(vindexJsonLine('{"vindex":"consistent_lookup_unique","op":"create","params":{"table":"t","from":"a","to":"b","shiny":"x"}}')))
      .toEqual({ destination: 'cost=10 unique=true needsVCursor=true unknownParams=[shiny]' });
    expect(JSON.parse(vindexJsonLine('{"vindex":"lookup","op":"create","params":{"write_only":"maybe"}}'))).toEqual({ error: "write_only value must be 'true' or 'false': 'maybe'" });
  });
});

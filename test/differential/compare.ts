import { VtrewindError } from '../../src/base/errors.ts';
import type { Field, QueryResult } from '../../src/vitess/queryService.ts';
import { valueTypes } from '../../src/vschema/index.ts';

export type Outcome = QueryResult | Error;
export interface Expectation { readonly order: 'total' | readonly number[]; readonly loose: boolean }

/** What differs between the cluster's answer and the plain server's; undefined: nothing. */
export function difference(got: Outcome, want: Outcome, expectation: Expectation): string | undefined {
  if (want instanceof Error || got instanceof Error) {
    const [g, w] = [codeOf(got), codeOf(want)];
    return g === w ? undefined : `error ${g ?? 'none'}, not ${w ?? 'none'}: ${messageOf(got)} | ${messageOf(want)}`;
  }
  return fieldsDiffer(got.fields, want.fields) ?? rowsDiffer(textsOf(got, expectation.loose), textsOf(want, expectation.loose), expectation);
}

function codeOf(outcome: Outcome): number | undefined {
  if (!(outcome instanceof Error)) return undefined;
  return VtrewindError.from(outcome).mysql;
}

const messageOf = (o: Outcome): string => (o instanceof Error ? `${o.message}${o instanceof VtrewindError || /must|cannot|undefined/i.test(o.message) === false ? '' : ` ${(o.stack ?? '').split('\n').slice(1, 4).join(' ')}`}` : `${o.rows.length} rows`);

/** Digits after the point matter where values are printed by them. */
const scaled = new Set<number>([valueTypes.DECIMAL, valueTypes.DATETIME, valueTypes.TIMESTAMP, valueTypes.TIME]);

function describe(f: Field): string {
  return `${f.name} ${f.type} charset ${f.charset ?? 0}${scaled.has(f.type) ? ` decimals ${f.decimals ?? 0}` : ''}`;
}

function fieldsDiffer(got: readonly Field[], want: readonly Field[]): string | undefined {
  if (got.length !== want.length) return `${got.length} columns, not ${want.length}`;
  for (const [i, w] of want.entries()) {
    const g = got[i];
    if (g === undefined || describe(g) !== describe(w)) return `column ${i}: ${g === undefined ? 'none' : describe(g)}, not ${describe(w)}`;
  }
  return undefined;
}

/** Rows as texts; what a collation without case, accents and trailing spaces holds for equal becomes equal when `loose`. */
function textsOf(result: QueryResult, loose: boolean): string[][] {
  return result.rows.map((row) => row.map((value) => {
    if (value === null) return 'NULL';
    const text = value.toString('latin1');
    return loose ? `'${folded(value.toString())}` : `'${text}`;
  }));
}

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trimEnd();
}

function rowsDiffer(got: string[][], want: string[][], { order }: Expectation): string | undefined {
  if (got.length !== want.length) return `${got.length} rows, not ${want.length}`;
  const whole = (rows: string[][]): string[] => rows.map((r) => r.join(' | '));
  const [g, w] = [whole(got), whole(want)];
  if (order === 'total') return firstDifference(g, w, 'row');
  const sorted = firstDifference([...g].sort(), [...w].sort(), 'some row');
  if (sorted !== undefined) return sorted;
  // Texts that are equal to their collation stand in any order.
  const keys = (rows: string[][]): string[] => rows.map((r) => order.map((i) => folded(r[i] ?? '')).join(' | '));
  return order.length === 0 ? undefined : firstDifference(keys(got), keys(want), 'order: row');
}

function firstDifference(got: readonly string[], want: readonly string[], what: string): string | undefined {
  const at = want.findIndex((row, i) => got[i] !== row);
  return at < 0 ? undefined : `${what} ${at}: ${got[at]}  not  ${want[at]}`;
}

/** The MySQL error number of an error. */
export function errorCode(error: Error): number | undefined {
  return codeOf(error);
}

import type { OrderColumn } from '../../planner/plan.ts';
import type { Field, Row, Value } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { compareDecimals, parseDecimal } from '../evaluate/decimal.ts';

export type RowComparator = (a: Row, b: Row) => number;
type ValueComparator = (a: Buffer, b: Buffer) => number;

/** Order of rows by these columns: NULL first (last when descending), numbers as numbers, texts by their weight strings, times and bytes by bytes. */
export function rowComparator(order: readonly OrderColumn[], fields: readonly Field[]): RowComparator {
  const columns = order.map((o) => ({ ...o, ...chooseColumn(o, fields) }));
  return (a, b) => {
    for (const { at, compare, descending } of columns) {
      const x = a[at] ?? null;
      const y = b[at] ?? null;
      const c = x === null ? (y === null ? 0 : -1) : y === null ? 1 : compare(x, y);
      if (c !== 0) return descending ? -c : c;
    }
    return 0;
  };
}

/** Which column is compared, and how. The weight string only counts where the value is text. */
export function chooseColumn(o: OrderColumn, fields: readonly Field[]): { readonly at: number; readonly compare: ValueComparator } {
  const type = fields[o.column]?.type ?? o.type ?? valueTypes.VARBINARY;
  const textual = isText(type) && fields[o.column]?.charset !== 63;
  if (textual && o.weightColumn !== undefined) return { at: o.weightColumn, compare: Buffer.compare };
  return { at: o.column, compare: comparatorOf(type) };
}

export function isText(type: number): boolean {
  return type === valueTypes.VARCHAR || type === valueTypes.CHAR || type === valueTypes.TEXT || type === valueTypes.ENUM || type === valueTypes.SET || type === valueTypes.JSON;
}

function comparatorOf(type: number): ValueComparator {
  if ((type & 256) !== 0) return compareIntegers;
  if (type === valueTypes.DECIMAL) return compareDecimalTexts;
  if ((type & 1024) !== 0) return (a, b) => compareNumbers(Number(a.toString()), Number(b.toString()));
  if (type === valueTypes.TIME) return compareTimes;
  if (type === valueTypes.BIT) return compareBits;
  return Buffer.compare;
}

function compareNumbers(x: number, y: number): number {
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Decimal digits compare by sign, then length, then bytes: no parsing. */
function compareIntegers(a: Buffer, b: Buffer): number {
  const negative = a[0] === 0x2d;
  if (negative !== (b[0] === 0x2d)) return negative ? -1 : 1;
  const c = a.length !== b.length ? a.length - b.length : Buffer.compare(a, b);
  return negative ? -c : c;
}

function compareDecimalTexts(a: Buffer, b: Buffer): number {
  const x = parseDecimal(a.toString());
  const y = parseDecimal(b.toString());
  return x === undefined || y === undefined ? Buffer.compare(a, b) : compareDecimals(x, y);
}

const timeText = /^(-?)(\d+):(\d+):(\d+)(?:\.(\d+))?$/;
function compareTimes(a: Buffer, b: Buffer): number {
  return compareNumbers(seconds(a.toString()), seconds(b.toString()));
}
function seconds(text: string): number {
  const m = timeText.exec(text);
  if (m === null) return 0;
  const value = Number(m[2]) * 3600 + Number(m[3]) * 60 + Number(m[4]) + Number(`0.${m[5] ?? '0'}`);
  return m[1] === '-' ? -value : value;
}

function compareBits(a: Buffer, b: Buffer): number {
  return a.length !== b.length ? a.length - b.length : Buffer.compare(a, b);
}

/** A text that is equal for values that are equal: for hash tables. NULL has one of its own. */
export function hashKey(value: Value | undefined, type: number): string {
  if (value === null || value === undefined) return 'n';
  if ((type & 256) !== 0 || type === valueTypes.DECIMAL) {
    const d = parseDecimal(value.toString());
    if (d !== undefined) {
      let { unscaled, scale } = d;
      while (scale > 0 && unscaled % 10n === 0n) {
        unscaled /= 10n;
        scale--;
      }
      return `d${unscaled}e${scale}`;
    }
  }
  if ((type & 1024) !== 0) {
    const n = Number(value.toString());
    return Number.isInteger(n) && Math.abs(n) < 2 ** 53 ? `d${BigInt(n)}e0` : `f${n}`;
  }
  return `b${value.toString('latin1')}`;
}

/** One key for several columns. */
export function rowKey(row: Row, columns: readonly OrderColumn[], fields: readonly Field[]): string {
  let key = '';
  for (const column of columns) {
    const { at } = chooseColumn(column, fields);
    // A branch of a union may have no weight strings where another has: its values stand for themselves, never for NULL.
    const part = hashKey(row[at] ?? row[column.column], at === column.column ? fields[at]?.type ?? valueTypes.VARBINARY : valueTypes.VARBINARY);
    key += `${part.length}:${part}`;
  }
  return key;
}

import type { Aggregation } from '../../planner/plan.ts';
import type { Field, Row, Value } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { VtrewindError } from '../../base/errors.ts';
import { addDecimals, divideDecimals, formatDecimal, parseDecimal, rescale, type Decimal } from '../evaluate/decimal.ts';
import { formatFloat } from '../evaluate/evaluate.ts';
import { chooseColumn, hashKey, rowComparator } from './compare.ts';

/** One aggregate of one group. */
export interface Accumulator {
  add(row: Row): void;
  result(): Value;
}

/** The field of an aggregate's result. Types as MySQL gives them: counts are BIGINT, sums of exact numbers DECIMAL, of others DOUBLE. */
export function aggregateField(a: Aggregation, fields: readonly Field[]): Field {
  const source = fields[a.column];
  const numeric = { name: a.alias, charset: 63, flags: 128 };
  switch (a.function) {
    case 'count':
    case 'count_star':
    case 'sum_count':
    case 'sum_count_star': return { ...numeric, type: valueTypes.INT64, columnLength: 21, flags: 129 };
    case 'sum':
    case 'sum_sum': return isApproximate(source?.type) ? { ...numeric, type: valueTypes.FLOAT64, columnLength: 23, decimals: 31 } : { ...numeric, type: valueTypes.DECIMAL, columnLength: 42, decimals: source?.decimals ?? 0 };
    case 'avg': return isApproximate(source?.type) ? { ...numeric, type: valueTypes.FLOAT64, columnLength: 23, decimals: 31 } : { ...numeric, type: valueTypes.DECIMAL, columnLength: 42, decimals: Math.min(30, scaleOf(source) + 4) };
    case 'std':
    case 'stddev_samp':
    case 'var_pop':
    case 'var_samp': return { ...numeric, type: valueTypes.FLOAT64, columnLength: 23, decimals: 31 };
    case 'bit_and':
    case 'bit_or':
    case 'bit_xor': return { ...numeric, type: valueTypes.UINT64, columnLength: 21, flags: 161 };
    case 'group_concat': return { name: a.alias, type: isBytes(source?.type) ? valueTypes.BLOB : valueTypes.TEXT, charset: isBytes(source?.type) ? 63 : source?.charset === 63 ? 255 : source?.charset ?? 255, flags: 0 };
    case 'json_arrayagg':
    case 'json_objectagg': return { name: a.alias, type: valueTypes.JSON, charset: 63, flags: 144 };
    case 'min':
    case 'max':
    case 'any_value': return { ...(source ?? { type: valueTypes.NULL_TYPE }), name: a.alias };
    default: return a.function satisfies never;
  }
}

function isBytes(type: number | undefined): boolean {
  return type === valueTypes.VARBINARY || type === valueTypes.BINARY || type === valueTypes.BLOB;
}

function isApproximate(type: number | undefined): boolean {
  return type !== undefined && ((type & 1024) !== 0 || !((type & 256) !== 0 || type === valueTypes.DECIMAL || type === valueTypes.NULL_TYPE || type === valueTypes.BIT
    || type === valueTypes.DATE || type === valueTypes.DATETIME || type === valueTypes.TIMESTAMP || type === valueTypes.TIME));
}

function scaleOf(field: Field | undefined): number {
  return field?.type === valueTypes.DECIMAL ? field.decimals ?? 0 : 0;
}

export function createAccumulator(a: Aggregation, fields: readonly Field[]): Accumulator {
  const made = bare(a, fields);
  if (a.distinct !== true || a.function === 'min' || a.function === 'max') return made;
  const { at } = chooseColumn({ column: a.keyColumn ?? a.column, descending: false, ...(a.weightColumn !== undefined && { weightColumn: a.weightColumn }) }, fields);
  const type = fields[at]?.type ?? valueTypes.VARBINARY;
  const seen = new Set<string>();
  return {
    add(row) {
      if ((row[a.column] ?? null) === null) return;
      const key = hashKey(row[at], type);
      if (seen.has(key)) return;
      seen.add(key);
      made.add(row);
    },
    result: () => made.result(),
  };
}

function bare(a: Aggregation, fields: readonly Field[]): Accumulator {
  switch (a.function) {
    case 'count': return new Counter((row) => ((row[a.column] ?? null) === null ? 0n : 1n));
    case 'count_star': return new Counter(() => 1n);
    case 'sum_count':
    case 'sum_count_star': return new Counter((row) => BigInt(row[a.column]?.toString() ?? '0'));
    case 'sum':
    case 'sum_sum': return new Sum(a.column, isApproximate(fields[a.column]?.type));
    case 'avg': return new Average(a, fields);
    case 'min': return new Extreme(a, fields, -1);
    case 'max': return new Extreme(a, fields, 1);
    case 'any_value': return new First(a.column);
    case 'group_concat': return new Concatenation(a, fields);
    case 'bit_and': return new Bits(a.column, 2n ** 64n - 1n, (x, y) => x & y);
    case 'bit_or': return new Bits(a.column, 0n, (x, y) => x | y);
    case 'bit_xor': return new Bits(a.column, 0n, (x, y) => x ^ y);
    case 'std': return new Variance(a.column, 0, true);
    case 'stddev_samp': return new Variance(a.column, 1, true);
    case 'var_pop': return new Variance(a.column, 0, false);
    case 'var_samp': return new Variance(a.column, 1, false);
    case 'json_arrayagg': return new JsonArray(a.column, fields);
    case 'json_objectagg': return new JsonObject(a.column, a.column2 ?? 0, fields);
    default: return a.function satisfies never;
  }
}

class Counter implements Accumulator {
  #total = 0n;
  readonly #of: (row: Row) => bigint;
  constructor(of: (row: Row) => bigint) {
    this.#of = of;
  }
  add(row: Row): void {
    this.#total += this.#of(row);
  }
  result(): Value {
    return Buffer.from(this.#total.toString());
  }
}

class Sum implements Accumulator {
  #exact: Decimal = { unscaled: 0n, scale: 0 };
  #approximate = 0;
  #any = false;
  readonly #column: number;
  readonly #float: boolean;
  constructor(column: number, float: boolean) {
    this.#column = column;
    this.#float = float;
  }
  add(row: Row): void {
    const value = row[this.#column] ?? null;
    if (value === null) return;
    this.#any = true;
    const text = value.toString();
    if (this.#float) {
      this.#approximate += leadingNumber(text);
      return;
    }
    this.#exact = addDecimals(this.#exact, parseDecimal(text.replace(/[-: ](?=\d)/g, (c, at: number) => (at === 0 ? c : ''))) ?? { unscaled: 0n, scale: 0 });
  }
  result(): Value {
    if (!this.#any) return null;
    return Buffer.from(this.#float ? formatFloat(this.#approximate) : formatDecimal(this.#exact));
  }
  /** The sum as it stands, for averages. */
  total(): { readonly float: number } | { readonly exact: Decimal } | undefined {
    if (!this.#any) return undefined;
    return this.#float ? { float: this.#approximate } : { exact: this.#exact };
  }
}

function leadingNumber(text: string): number {
  const m = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(text);
  return m === null ? 0 : Number(m[0]);
}

class Average implements Accumulator {
  readonly #sum: Sum;
  #count = 0n;
  readonly #column: number;
  readonly #countColumn: number | undefined;
  readonly #scale: number;
  constructor(a: Aggregation, fields: readonly Field[]) {
    this.#sum = new Sum(a.column, isApproximate(fields[a.column]?.type));
    this.#column = a.column;
    this.#countColumn = a.countColumn;
    this.#scale = scaleOf(fields[a.column]);
  }
  add(row: Row): void {
    this.#sum.add(row);
    if (this.#countColumn !== undefined) this.#count += BigInt(row[this.#countColumn]?.toString() ?? '0');
    else if ((row[this.#column] ?? null) !== null) this.#count++;
  }
  result(): Value {
    const total = this.#sum.total();
    if (total === undefined || this.#count === 0n) return null;
    if ('float' in total) return Buffer.from(formatFloat(total.float / Number(this.#count)));
    const sum = total.exact.scale < this.#scale ? rescale(total.exact, this.#scale) : total.exact;
    const quotient = divideDecimals(sum, { unscaled: this.#count, scale: 0 });
    return quotient === undefined ? null : Buffer.from(formatDecimal(quotient));
  }
}

class Extreme implements Accumulator {
  #best: Row | undefined;
  readonly #column: number;
  readonly #better: (a: Row, b: Row) => boolean;
  constructor(a: Aggregation, fields: readonly Field[], sign: 1 | -1) {
    this.#column = a.column;
    const compare = rowComparator([{ column: a.column, descending: false, ...(a.weightColumn !== undefined && { weightColumn: a.weightColumn }) }], fields);
    this.#better = (x, y) => compare(x, y) * sign > 0;
  }
  add(row: Row): void {
    if ((row[this.#column] ?? null) === null) return;
    if (this.#best === undefined || this.#better(row, this.#best)) this.#best = row;
  }
  result(): Value {
    return this.#best?.[this.#column] ?? null;
  }
}

class First implements Accumulator {
  #value: Value | undefined;
  readonly #column: number;
  constructor(column: number) {
    this.#column = column;
  }
  add(row: Row): void {
    if (this.#value === undefined) this.#value = row[this.#column] ?? null;
  }
  result(): Value {
    return this.#value ?? null;
  }
}

/** MySQL's group_concat_max_len default is 1024 bytes on MySQL and 1 MiB on MariaDB; the shards' own limit applies to what they send, and this one above it. */
const maxConcatenation = 64 * 1024 * 1024;

class Concatenation implements Accumulator {
  readonly #rows: Row[] = [];
  #bytes = 0;
  readonly #column: number;
  readonly #separator: Buffer;
  readonly #compare: ((a: Row, b: Row) => number) | undefined;
  constructor(a: Aggregation, fields: readonly Field[]) {
    this.#column = a.column;
    this.#separator = Buffer.from(a.separator ?? ',');
    this.#compare = a.orderBy === undefined ? undefined : rowComparator(a.orderBy, fields);
  }
  add(row: Row): void {
    const value = row[this.#column] ?? null;
    if (value === null) return;
    this.#bytes += value.length;
    if (this.#bytes > maxConcatenation) throw new VtrewindError({ code: 'VTR1513', mysql: 1301, message: `group_concat() was larger than ${maxConcatenation} bytes` });
    this.#rows.push(row);
  }
  result(): Value {
    if (this.#rows.length === 0) return null;
    if (this.#compare !== undefined) this.#rows.sort(this.#compare);
    const parts: Buffer[] = [];
    for (const row of this.#rows) {
      if (parts.length > 0) parts.push(this.#separator);
      parts.push(row[this.#column] ?? Buffer.alloc(0));
    }
    return Buffer.concat(parts);
  }
}

class Bits implements Accumulator {
  #value: bigint;
  readonly #column: number;
  readonly #join: (x: bigint, y: bigint) => bigint;
  constructor(column: number, start: bigint, join: (x: bigint, y: bigint) => bigint) {
    this.#column = column;
    this.#value = start;
    this.#join = join;
  }
  add(row: Row): void {
    const value = row[this.#column] ?? null;
    if (value !== null) this.#value = BigInt.asUintN(64, this.#join(this.#value, BigInt(Math.trunc(Number.isSafeInteger(Number(value.toString())) ? Number(value.toString()) : 0)) || BigInt(/^-?\d+$/.exec(value.toString())?.[0] ?? '0')));
  }
  result(): Value {
    return Buffer.from(this.#value.toString());
  }
}

/** Welford's recurrence, which MySQL uses too. */
class Variance implements Accumulator {
  #count = 0;
  #mean = 0;
  #squares = 0;
  readonly #column: number;
  readonly #less: number;
  readonly #root: boolean;
  constructor(column: number, less: number, root: boolean) {
    this.#column = column;
    this.#less = less;
    this.#root = root;
  }
  add(row: Row): void {
    const value = row[this.#column] ?? null;
    if (value === null) return;
    const x = leadingNumber(value.toString());
    this.#count++;
    const before = this.#mean;
    this.#mean += (x - before) / this.#count;
    this.#squares += (x - before) * (x - this.#mean);
  }
  result(): Value {
    if (this.#count <= this.#less) return null;
    const variance = this.#squares / (this.#count - this.#less);
    return Buffer.from(formatFloat(this.#root ? Math.sqrt(variance) : variance));
  }
}

function jsonText(value: Value, type: number): string {
  if (value === null) return 'null';
  const text = value.toString();
  if (type === valueTypes.JSON || (type & 256) !== 0 || (type & 1024) !== 0 || type === valueTypes.DECIMAL) return text;
  return JSON.stringify(text);
}

class JsonArray implements Accumulator {
  readonly #items: string[] = [];
  readonly #column: number;
  readonly #type: number;
  constructor(column: number, fields: readonly Field[]) {
    this.#column = column;
    this.#type = fields[column]?.type ?? valueTypes.VARCHAR;
  }
  add(row: Row): void {
    this.#items.push(jsonText(row[this.#column] ?? null, this.#type));
  }
  result(): Value {
    return this.#items.length === 0 ? null : Buffer.from(`[${this.#items.join(', ')}]`);
  }
}

/** The last value of a key stands; keys in MySQL's order: by length, then by bytes. */
class JsonObject implements Accumulator {
  readonly #items = new Map<string, string>();
  readonly #key: number;
  readonly #value: number;
  readonly #type: number;
  constructor(key: number, value: number, fields: readonly Field[]) {
    this.#key = key;
    this.#value = value;
    this.#type = fields[value]?.type ?? valueTypes.VARCHAR;
  }
  add(row: Row): void {
    const key = row[this.#key] ?? null;
    if (key === null) throw new VtrewindError({ code: 'VTR1514', mysql: 3158, sqlState: '22032', message: 'JSON documents may not contain NULL member names.' });
    this.#items.set(key.toString(), jsonText(row[this.#value] ?? null, this.#type));
  }
  result(): Value {
    if (this.#items.size === 0) return null;
    const keys = [...this.#items.keys()].sort((a, b) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return Buffer.from(`{${keys.map((k) => `${JSON.stringify(k)}: ${this.#items.get(k)}`).join(', ')}}`);
  }
}

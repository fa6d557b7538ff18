import { VtrewindError } from '../base/errors.ts';

/**
 * Reads one object of a vschema whose fields may be spelled `column_vindexes` or `columnVindexes`, and whose absent fields have protobuf's
 * defaults. Remembers where it is, for errors, and what was asked for, so that the rest can be refused.
 */
export class SourceReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #strict: boolean;
  readonly #known = new Set<string>();

  private constructor(fields: Readonly<Record<string, unknown>>, place: string, strict: boolean) {
    this.#fields = fields;
    this.#place = place;
    this.#strict = strict;
  }

  /** `place` is '' for the root. Throws VTR1316 when `source` is not an object. */
  static open(source: unknown, place: string, strict: boolean): SourceReader {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) throw wrongKind(place === '' ? 'vschema' : place, 'an object', source);
    return new SourceReader(source as Readonly<Record<string, unknown>>, place, strict);
  }

  placeOf(field: string): string {
    return this.#place === '' ? field : `${this.#place}.${field}`;
  }

  has(field: string): boolean {
    return this.#get(field) !== undefined;
  }

  text(field: string): string {
    const value = this.#get(field) ?? '';
    if (typeof value !== 'string') throw wrongKind(this.placeOf(field), 'a string', value);
    return value;
  }

  flag(field: string): boolean {
    const value = this.#get(field) ?? false;
    if (typeof value !== 'boolean') throw wrongKind(this.placeOf(field), 'true or false', value);
    return value;
  }

  number(field: string): number {
    const value = this.#get(field) ?? 0;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongKind(this.placeOf(field), 'a number', value);
    return value;
  }

  /** A name or a number; undefined when absent. */
  enumeration(field: string): string | number | undefined {
    const value = this.#get(field);
    if (value !== undefined && typeof value !== 'string' && typeof value !== 'number') throw wrongKind(this.placeOf(field), 'a name or a number', value);
    return value;
  }

  texts(field: string): string[] {
    return this.#array(field).map((item, at) => {
      if (typeof item !== 'string') throw wrongKind(`${this.placeOf(field)}[${at}]`, 'a string', item);
      return item;
    });
  }

  list(field: string): SourceReader[] {
    return this.#array(field).map((item, at) => SourceReader.open(item, `${this.placeOf(field)}[${at}]`, this.#strict));
  }

  object(field: string): SourceReader | undefined {
    const value = this.#get(field);
    return value === undefined ? undefined : SourceReader.open(value, this.placeOf(field), this.#strict);
  }

  /** A map's entries, sorted by key, so that what depends on order is the same everywhere. A null entry counts as an empty one. */
  map(field: string): [string, SourceReader][] {
    const entries = this.#entries(field);
    return entries.map(([key, value]) => [key, SourceReader.open(value ?? {}, `${this.placeOf(field)}.${key}`, this.#strict)]);
  }

  textMap(field: string): Record<string, string> {
    return Object.fromEntries(this.#entries(field).map(([key, value]) => {
      if (typeof value !== 'string') throw wrongKind(`${this.placeOf(field)}.${key}`, 'a string', value);
      return [key, value];
    }));
  }

  /** When strict: throws VTR1316 for the first field that nothing asked for. */
  refuseOthers(): void {
    if (!this.#strict) return;
    const other = Object.keys(this.#fields).find((field) => !this.#known.has(field));
    if (other !== undefined) throw new VtrewindError({ code: 'VTR1316', grpc: 'INVALID_ARGUMENT', message: `${this.placeOf(other)}: unknown field ${JSON.stringify(other)}` });
  }

  #get(field: string): unknown {
    const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    this.#known.add(field).add(snake);
    const value = this.#fields[field] ?? this.#fields[snake];
    return value === null ? undefined : value;
  }

  #array(field: string): readonly unknown[] {
    const value = this.#get(field) ?? [];
    if (!Array.isArray(value)) throw wrongKind(this.placeOf(field), 'a list', value);
    return value;
  }

  #entries(field: string): [string, unknown][] {
    const value = this.#get(field) ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongKind(this.placeOf(field), 'an object', value);
    const entries = value instanceof Map ? [...value.entries()].map(([key, item]): [string, unknown] => [String(key), item]) : Object.entries(value);
    return entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }
}

function wrongKind(place: string, wanted: string, found: unknown): VtrewindError {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found;
  return new VtrewindError({ code: 'VTR1316', grpc: 'INVALID_ARGUMENT', message: `${place}: expected ${wanted}, found ${kind}` });
}

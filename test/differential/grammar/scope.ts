import type { Flavour } from '../../../src/mysqld/serverBinary.ts';
import type { Random } from '../random.ts';
import type { Kind } from '../schema.ts';

/** A column that expressions may name. */
export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** Equal values may differ in their bytes. */
  readonly loose: boolean;
}

/** One entry of FROM. */
export interface Source {
  readonly alias: string;
  readonly columns: readonly Column[];
  /** Columns that tell its rows apart; absent: unknown. */
  readonly key: readonly string[] | undefined;
  /** The base table, where it is one. */
  readonly table?: string;
}

/** What a query can see. */
export interface Scope {
  readonly sources: readonly Source[];
  readonly outer?: Scope;
}

export interface Cte { readonly name: string; readonly columns: readonly Column[]; readonly key: readonly string[] | undefined }

/** What one statement knows while it is made. */
export interface Making {
  readonly random: Random;
  readonly flavour: Flavour;
  readonly ctes: Cte[];
  /** Rows are compared by what their collations hold for equal. */
  loose: boolean;
  names: number;
}

export function freshName(making: Making, start: string): string {
  making.names++;
  return `${start}${making.names}`;
}

/** A reference to a column of some source: without its table where the name is known to be the only one. */
export function reference(making: Making, scope: Scope, source: Source, column: Column): string {
  let others = 0;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) others += at.sources.filter((s) => s.columns.some((c) => c.name === column.name)).length;
  return others === 1 && making.random.chance(40) ? column.name : `${source.alias}.${column.name}`;
}

/** All columns of some kinds that the query itself has. */
export function columnsOf(scope: Scope, kinds: readonly Kind[]): { source: Source; column: Column }[] {
  return scope.sources.flatMap((source) => source.columns.filter((c) => kinds.includes(c.kind)).map((column) => ({ source, column })));
}

/** The columns that tell the rows of a FROM apart; undefined where that is not known. */
export function keyOf(scope: Scope): string[] | undefined {
  const key: string[] = [];
  for (const source of scope.sources) {
    if (source.key === undefined) return undefined;
    key.push(...source.key.map((name) => `${source.alias}.${name}`));
  }
  return key;
}

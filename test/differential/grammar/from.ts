import { tables } from '../schema.ts';
import { bool, type Options } from './expressions.ts';
import { freshName, type Column, type Making, type Scope, type Source } from './scope.ts';

export interface DerivedQueries {
  /** A query whose columns have names, and can be grouped and compared without doubt. */
  derived(making: Making, outer: Scope | undefined, depth: number): { sql: string; columns: readonly Column[]; key: readonly string[] | undefined };
}

export interface From { readonly sql: string; readonly scope: Scope; readonly natural: boolean }

export function baseSource(making: Making, name: string, alias = freshName(making, name[0] ?? 't')): Source {
  const table = tables.find((t) => t.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return { alias, table: name, key: table.primaryKey, columns: table.columns.map((c) => ({ name: c.name, kind: c.kind, loose: c.loose === true })) };
}

const joinable: readonly (readonly [string, string, string, string])[] = [
  ['users', 'id', 'orders', 'user_id'], ['users', 'id', 'events', 'user_id'], ['users', 'id', 'words', 'user_id'], ['users', 'id', 'events', 'id'], ['orders', 'oid', 'items', 'order_id'],
  ['users', 'region', 'countries', 'region'], ['users', 'region', 'regions', 'rid'], ['countries', 'region', 'regions', 'rid'], ['orders', 'user_id', 'events', 'user_id'], ['users', 'id', 'users', 'id'],
  ['orders', 'user_id', 'orders', 'user_id'], ['users', 'region', 'countries', 'cid'], ['users', 'name', 'words', 'word'], ['items', 'n', 'users', 'age'],
];

function tableText(making: Making, source: Source): string {
  const { random } = making;
  const table = tables.find((t) => t.name === source.table);
  const partition = table?.partitions !== undefined && random.chance(40) ? ` partition (${random.some(table.partitions, 1, 2).join(', ')})` : '';
  const hint = table?.indexes !== undefined && random.chance(12)
    ? ` ${random.pick(['use', 'ignore', 'force'])} ${random.pick(['index', 'key'])}${random.pick(['', '', ' for join', ' for order by', ' for group by'])} (${random.pick(table.indexes)})` : '';
  return `${source.table}${partition}${random.pick([' ', ' as '])}${source.alias}${hint}`;
}

/** One entry of FROM. */
function leaf(making: Making, scope: Scope, depth: number, queries: DerivedQueries, wanted?: string): { sql: string; source: Source } {
  const { random, flavour } = making;
  const form = wanted !== undefined ? 0 : random.below(100);
  if (form < 64 || (depth <= 0 && form < 92)) {
    const source = baseSource(making, wanted ?? random.pick(['users', 'users', 'orders', 'orders', 'items', 'words', 'events', 'regions', 'countries']));
    return { sql: tableText(making, source), source };
  }
  if (form < 74 && making.ctes.length > 0) {
    const cte = random.pick(making.ctes);
    const alias = freshName(making, 'x');
    return { sql: `${cte.name} ${alias}`, source: { alias, columns: cte.columns, key: cte.key } };
  }
  if (form < 94) {
    const lateral = flavour === 'mysql' && scope.sources.length > 0 && random.chance(35);
    const made = queries.derived(making, lateral ? scope : undefined, depth - 1);
    const alias = freshName(making, 'd');
    return { sql: `${lateral ? 'lateral ' : ''}(${made.sql}) ${random.pick(['', 'as '])}${alias}`, source: { alias, columns: made.columns, key: lateral ? undefined : made.key } };
  }
  const alias = freshName(making, 'j');
  const document = scope.sources.flatMap((s) => s.columns.filter((c) => c.kind === 'json' && s.table !== undefined).map((c) => `${s.alias}.${c.name}`));
  const from = document.length > 0 && random.chance(60) ? random.pick(document) : `'[{"p": 1, "q": "x"}, {"p": 2}, {"p": null, "q": "y"}]'`;
  return {
    sql: `json_table(${from}, '$[*]' columns (ord for ordinality, p int path '$.p' ${random.pick(['', "default '0' on empty ", 'null on empty '])}${random.pick(['', 'null on error'])}, q varchar(10) path '$.q'${random.pick(['', ", has_q int exists path '$.q'"])}, nested path '$.b[*]' columns (z int path '$'))) ${alias}`,
    source: { alias, key: undefined, columns: [{ name: 'ord', kind: 'int', loose: false }, { name: 'p', kind: 'int', loose: false }, { name: 'q', kind: 'text', loose: true }] },
  };
}

/** The FROM clause of a query, with all it brings into sight. */
export function makeFrom(making: Making, outer: Scope | undefined, depth: number, queries: DerivedQueries, options: Options): From {
  const { random } = making;
  const sources: Source[] = [];
  const scopeNow = (): Scope => ({ sources: [...sources], ...(outer !== undefined && { outer }) });
  if (random.chance(3)) return natural(making, outer);
  const first = leaf(making, scopeNow(), depth, queries);
  sources.push(first.source);
  let { sql } = first;
  const more = depth <= 0 ? (random.chance(15) ? 1 : 0) : random.pick([0, 0, 0, 1, 1, 1, 2]);
  for (let i = 0; i < more; i++) {
    const partners = joinable.flatMap(([a, x, b, y]) => sources.flatMap((s) => [...(s.table === a ? [{ left: s, column: x, table: b, other: y }] : []), ...(s.table === b ? [{ left: s, column: y, table: a, other: x }] : [])]));
    const partner = partners.length > 0 && random.chance(75) ? random.pick(partners) : undefined;
    const before = scopeNow();
    const next = leaf(making, before, depth, queries, partner?.table);
    const lateral = next.sql.startsWith('lateral') || next.sql.startsWith('json_table');
    sources.push(next.source);
    const numbers = (s: Source): string[] => s.columns.filter((c) => c.kind === 'int').map((c) => `${s.alias}.${c.name}`);
    const left = numbers(random.pick(before.sources));
    const right = numbers(next.source);
    const equality = partner !== undefined ? `${partner.left.alias}.${partner.column} = ${next.source.alias}.${partner.other}`
      : left.length > 0 && right.length > 0 ? `${random.pick(left)} ${random.pick(['=', '=', '=', '<', '<=>'])} ${random.pick(right)}` : '1 = 1';
    const extra = random.chance(25) ? ` and ${bool(making, { sources: [before.sources.at(-1) as Source, next.source] }, { depth: 1 })}` : '';
    const on = `on ${random.chance(15) ? equality.split(' ').reverse().join(' ').replace(/^(\S+) (<|=|<=>) (\S+)$/, (_m, a: string, op: string, b: string) => (op === '<' ? `${b} < ${a}` : `${a} ${op} ${b}`)) : equality}${extra}`;
    const shared = before.sources.length === 1 && !lateral ? before.sources.flatMap((s) => s.columns.filter((c) => next.source.columns.some((o) => o.name === c.name && o.kind === c.kind)).map((c) => c.name)) : [];
    const form = random.below(100);
    if (shared.length > 0 && form < 12) sql = `${sql} ${random.pick(['join', 'left join', 'right join'])} ${next.sql} using (${random.some(shared, 1, 2).join(', ')})`;
    else if (form < 20) {
      sql = `${sql}${random.pick([', ', ' cross join '])}${next.sql}`;
      if (partner === undefined || random.chance(50)) return { sql, scope: scopeNow(), natural: false };
    } else if (form < 26) sql = `${sql} straight_join ${next.sql} ${on}`;
    else if (form < 48) sql = `${sql} left ${random.pick(['', 'outer '])}join ${next.sql} ${on}`;
    else if (form < 60 && !lateral) sql = `${sql} right ${random.pick(['', 'outer '])}join ${next.sql} ${on}`;
    else if (form < 66 && i > 0 && !lateral) sql = `${sql} ${random.pick(['', 'inner '])}join (${next.sql}) ${on}`;
    else sql = `${sql} ${random.pick(['', 'inner '])}join ${next.sql} ${on}`;
  }
  void options;
  return { sql, scope: scopeNow(), natural: false };
}

/** NATURAL joins: over tables whose common columns are known. */
function natural(making: Making, outer: Scope | undefined): From {
  const { random } = making;
  const [a, b] = random.pick([['orders', 'events'], ['users', 'countries'], ['orders', 'words'], ['events', 'words']] as const);
  const left = baseSource(making, a);
  const right = baseSource(making, b);
  return { sql: `${a} ${left.alias} natural ${random.pick(['', 'left ', 'right ', 'inner '])}join ${b} ${right.alias}`, scope: { sources: [left, right], ...(outer !== undefined && { outer }) }, natural: true };
}

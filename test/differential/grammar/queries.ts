import { bool, expression, number, text, anyFamily, numberLiteral, vindexCondition, type Family, type Subqueries } from './expressions.ts';
import { makeFrom, type DerivedQueries } from './from.ts';
import { columnsOf, freshName, keyOf, reference, type Column, type Making, type Scope } from './scope.ts';

/** A statement, and what is known of the order of its rows. */
export interface Generated {
  readonly sql: string;
  /** `total`: every row has its place. Else the positions of the columns that it is sorted by. */
  readonly order: 'total' | readonly number[];
  /** Texts that their collations hold for equal count as equal. */
  readonly loose: boolean;
}

const kindOfFamily = { number: 'decimal', text: 'text', date: 'datetime', json: 'json', time: 'time' } as const;

const maybeWhere = (making: Making, scope: Scope, depth: number, subqueries: Subqueries | undefined): string => {
  const { random } = making;
  const parts: string[] = [];
  if (random.chance(30)) {
    const v = vindexCondition(making, scope);
    if (v !== undefined) parts.push(v);
  }
  if (random.chance(60)) parts.push(bool(making, scope, { depth: Math.max(0, depth), subqueries }));
  if (random.chance(15)) parts.push(bool(making, scope, { depth: 1 }));
  return parts.length === 0 ? '' : ` where ${parts.join(random.chance(85) ? ' and ' : ' or ')}`;
};

/** Aggregates whose answer does not depend on the order of rows or on which of several equal texts is met first. */
function exactAggregate(making: Making, scope: Scope): string {
  const { random, flavour } = making;
  const numbers = columnsOf(scope, ['int', 'unsigned', 'decimal', 'double', 'year']).map(({ source, column }) => reference(making, scope, source, column));
  const whole = columnsOf(scope, ['int']).map(({ source, column }) => reference(making, scope, source, column));
  const exactTexts = columnsOf(scope, ['text']).filter(({ column }) => !column.loose).map(({ source, column }) => reference(making, scope, source, column));
  const dates = columnsOf(scope, ['date', 'datetime']).map(({ source, column }) => reference(making, scope, source, column));
  const n = numbers.length > 0 ? random.pick(numbers) : '1';
  const w = whole.length > 0 ? random.pick(whole) : '2';
  const key = keyOf(scope);
  const anyText = columnsOf(scope, ['text']).map(({ source, column }) => reference(making, scope, source, column));
  const forms: (() => string)[] = [
    () => 'count(*)', () => 'count(*)', () => `count(${n})`, () => `count(distinct ${n})`, () => `count(distinct ${n}, ${w})`, () => `sum(${n})`, () => `sum(${n})`, () => `sum(distinct ${n})`, () => `avg(${n})`, () => `avg(distinct ${w})`,
    () => `min(${n})`, () => `max(${n})`, () => `max(${random.pick([...dates, ...exactTexts, n])})`, () => `min(${random.pick([...dates, ...exactTexts, n])})`, () => `bit_and(${w})`, () => `bit_or(${w})`, () => `bit_xor(${w})`,
    () => `round(${random.pick(['std', 'stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp'])}(${w}), 6)`,
    () => `count(distinct ${anyText.length > 0 ? random.pick(anyText) : n})`,
    () => (key === undefined ? 'count(*)' : `group_concat(${w} order by ${key.join(', ')}${random.pick(['', " separator '|'"])})`),
    () => (key === undefined ? 'count(*)' : `group_concat(${anyText.length > 0 ? random.pick(anyText) : n}, ${w} order by ${w} desc, ${key.join(', ')})`),
    () => `group_concat(distinct ${w} order by ${w}${random.pick(['', ' desc'])} separator ';')`,
    () => `sum(${n}) + ${numberLiteral(making)}`, () => `sum(${w}) / count(*)`, () => `ifnull(sum(${n}), 0)`, () => `count(*) > 3`, () => `if(max(${w}) > 10, 'big', 'small')`, () => `round(avg(${n}), 2)`, () => `concat(min(${w}), '-', max(${w}))`,
    () => `cast(sum(${w}) as char)`, () => `-sum(${w})`, () => `case when count(*) > 2 then sum(${n}) else 1.5 end`, () => `sum(case when ${bool(making, { sources: scope.sources }, { depth: 0 })} then 1 else 0 end)`, () => `sum(${number(making, { sources: scope.sources }, { depth: 1 })})`.replace(/^sum\((.*double.*|.*pow.*|.*2e0.*)\)$/, 'count(*)'),
    () => `json_length(json_arrayagg(${w}))`, () => `json_length(json_objectagg(${key === undefined ? "'a'" : `concat('k', ${key[0]})`}, ${w}))`,
    ...(flavour === 'mysql' ? [() => `any_value(1)`] : []),
  ];
  return random.pick(forms)();
}

function windowCall(making: Making, scope: Scope, named: readonly string[]): string {
  const { random } = making;
  const key = keyOf(scope);
  const numbers = columnsOf(scope, ['int', 'decimal']).map(({ source, column }) => reference(making, scope, source, column));
  const exact = columnsOf(scope, ['int', 'unsigned', 'date', 'enum']).map(({ source, column }) => reference(making, scope, source, column));
  const n = numbers.length > 0 ? random.pick(numbers) : '1';
  const part = exact.length > 0 && random.chance(60) ? `partition by ${random.some(exact, 1, 2).join(', ')}` : '';
  if (key === undefined) return `count(*) over (${part})`;
  const total = `order by ${random.chance(50) ? `${n}${random.pick(['', ' desc'])}, ` : ''}${key.join(', ')}`;
  const ties = `order by ${n}`;
  if (named.length > 0 && random.chance(50)) return `${random.pick([`sum(${n})`, 'count(*)', 'row_number()'])} over ${random.pick(named)}`;
  if (named.length > 0 && random.chance(15)) return `sum(${n}) over (${random.pick(named)} rows unbounded preceding)`;
  const rows = random.pick(['', ' rows unbounded preceding', ' rows between 1 preceding and 1 following', ' rows between current row and unbounded following', ' rows between unbounded preceding and current row', ' rows between 2 preceding and 1 preceding', ' rows between 1 following and 3 following']);
  return random.pick([
    () => `row_number() over (${part} ${total})`, () => `rank() over (${part} ${ties})`, () => `dense_rank() over (${part} ${ties} desc)`, () => `percent_rank() over (${part} ${ties})`, () => `cume_dist() over (${part} ${ties})`, () => `ntile(3) over (${part} ${total})`,
    () => `lag(${n}${random.pick(['', ', 1', ', 2, 0'])}) over (${part} ${total})`, () => `lead(${n}) over (${part} ${total})`, () => `first_value(${n}) over (${part} ${total}${rows})`, () => `last_value(${n}) over (${part} ${total}${rows})`, () => `nth_value(${n}, 2) over (${part} ${total}${rows})`,
    () => `sum(${n}) over (${part} ${total}${rows})`, () => `count(${n}) over (${part})`, () => `max(${n}) over (${part} ${ties})`, () => `avg(${n}) over (${part} ${ties} range unbounded preceding)`,
    () => `sum(${n}) over (${part} ${ties} range between ${random.pick(['5 preceding and 5 following', 'current row and unbounded following', '1 preceding and current row'])})`, () => `min(${n}) over ()`,
    ...(making.flavour === 'mysql' ? [() => `last_value(${n}) over (${part} ${total} groups between 1 preceding and current row)`].slice(1) : []),
  ])().replaceAll('( ', '(');
}

interface SelectOptions {
  readonly depth: number;
  readonly top: boolean;
  /** Rows must not depend on anything but the data: no groups of texts that may differ. */
  readonly exact: boolean;
  /** Kinds of the columns that are wanted; else any. */
  readonly families?: readonly Family[];
  readonly locks?: boolean;
}

interface Item { readonly sql: string; readonly alias: string | undefined; readonly column: Column; readonly plain: boolean }

interface MadeQuery { readonly sql: string; readonly columns: readonly Column[]; readonly order: 'total' | readonly number[]; readonly key: readonly string[] | undefined }

/** The productions of SELECT. */
export class Queries implements Subqueries, DerivedQueries {
  scalar(making: Making, scope: Scope, family: Family): string {
    const { random } = making;
    const from = makeFrom(making, scope, 0, this, { depth: 0 });
    const where = maybeWhere(making, random.chance(60) ? { ...from.scope, outer: scope } : { sources: from.scope.sources }, 1, undefined);
    const link = random.chance(50) ? this.#correlate(making, from.scope, scope) : '';
    const condition = link === '' ? where : where === '' ? ` where ${link}` : `${where.replace(/ or /g, ' and ')} and ${link}`;
    if (family === 'number') return `(select ${exactAggregate(making, { sources: from.scope.sources })} from ${from.sql}${condition})`.replace(/select (if\(|concat|case|group_concat)[\s\S]*? from/, (m) => (/select (if|concat|case when count|group_concat)/.test(m) ? m : m));
    const key = keyOf({ sources: from.scope.sources });
    if (key === undefined) return `(select ${family === 'text' ? "max('m')" : "max(date '2012-12-12')"} from ${from.sql}${condition})`;
    return `(select ${expression(making, { sources: from.scope.sources }, family, { depth: 1 })} from ${from.sql}${condition} order by ${key.join(', ')} limit 1)`;
  }

  #correlate(making: Making, own: Scope, outer: Scope): string {
    const { random } = making;
    const mine = columnsOf(own, ['int']);
    const theirs = columnsOf(outer, ['int']);
    if (mine.length === 0 || theirs.length === 0) return '';
    const ids = mine.filter(({ column }) => column.name.endsWith('id'));
    const a = random.pick(ids.length > 0 ? ids : mine);
    const outerIds = theirs.filter(({ column }) => column.name.endsWith('id'));
    const b = random.pick(outerIds.length > 0 ? outerIds : theirs);
    return `${a.source.alias}.${a.column.name} ${random.pick(['=', '=', '=', '<'])} ${b.source.alias}.${b.column.name}`;
  }

  column(making: Making, scope: Scope, family: Family): string {
    const { random } = making;
    if (random.chance(6)) return `${this.#plainColumn(making, family)} ${random.pick(['union', 'union all'])} ${this.#plainColumn(making, family)}`;
    const from = makeFrom(making, scope, random.chance(15) ? 1 : 0, this, { depth: 0 });
    const link = random.chance(35) ? this.#correlate(making, from.scope, scope) : '';
    const where = maybeWhere(making, { sources: from.scope.sources }, 1, undefined).replace(/ or /g, ' and ');
    const condition = link === '' ? where : where === '' ? ` where ${link}` : `${where} and ${link}`;
    if (random.chance(15) && family === 'number') {
      const groups = columnsOf({ sources: from.scope.sources }, ['int', 'unsigned', 'date']);
      if (groups.length > 0) {
        const g = random.pick(groups);
        return `select ${random.pick(['max', 'min', 'count'])}(${g.source.alias}.${g.column.name}) from ${from.sql}${condition} group by ${g.source.alias}.${g.column.name}${random.pick(['', ' having count(*) > 1'])}`;
      }
    }
    return `select ${random.chance(15) ? 'distinct ' : ''}${expression(making, { sources: from.scope.sources }, family, { depth: random.pick([0, 0, 1]) })} from ${from.sql}${condition}`;
  }

  #plainColumn(making: Making, family: Family): string {
    const from = makeFrom(making, undefined, 0, this, { depth: 0 });
    return `select ${expression(making, from.scope, family, { depth: 0 })} from ${from.sql}`;
  }

  pair(making: Making, scope: Scope): string {
    const from = makeFrom(making, scope, 0, this, { depth: 0 });
    const own = { sources: from.scope.sources };
    return `select ${number(making, own, { depth: 0 })}, ${number(making, own, { depth: 0 })} from ${from.sql}${maybeWhere(making, own, 1, undefined)}`;
  }

  any(making: Making, scope: Scope): string {
    const { random } = making;
    const from = makeFrom(making, scope, random.chance(20) ? 1 : 0, this, { depth: 0 });
    const link = random.chance(75) ? this.#correlate(making, from.scope, scope) : '';
    const where = maybeWhere(making, { sources: from.scope.sources, outer: scope }, 1, undefined).replace(/ or /g, ' and ');
    return `select ${random.pick(['1', '*', 'null', 'count(*)', '2'])} from ${from.sql}${link === '' ? where : where === '' ? ` where ${link}` : `${where} and ${link}`}`;
  }

  derived(making: Making, outer: Scope | undefined, depth: number): { sql: string; columns: readonly Column[]; key: readonly string[] | undefined } {
    const { random } = making;
    const before = making.loose;
    const made = random.chance(12) && outer === undefined ? this.union(making, { depth: Math.min(depth, 0), top: false, exact: true }) : this.select(making, outer, { depth: Math.min(depth, 1), top: false, exact: true });
    making.loose = before;
    return { sql: made.sql, columns: made.columns, key: made.key };
  }

  select(making: Making, outer: Scope | undefined, o: SelectOptions): MadeQuery {
    const { random } = making;
    const from = makeFrom(making, outer, o.depth, this, { depth: 1 });
    const { scope } = from;
    const subqueries = o.depth > 0 ? this : undefined;
    const where = maybeWhere(making, scope, Math.min(2, o.depth + 1), subqueries);
    const form = random.below(100);
    if (form < 26 && o.families === undefined) return this.#grouped(making, from, where, o);
    if (form < 34 && o.families === undefined) return this.#scalarAggregates(making, from, where, o);
    return this.#rows(making, from, where, o, subqueries);
  }

  #items(making: Making, scope: Scope, o: SelectOptions, subqueries: Subqueries | undefined): Item[] {
    const { random } = making;
    const families: readonly Family[] = o.families ?? Array.from({ length: random.between(1, 4) }, () => anyFamily(making));
    const all = columnsOf(scope, ['int', 'unsigned', 'decimal', 'double', 'text', 'binary', 'date', 'datetime', 'time', 'year', 'json', 'enum', 'set', 'bit']);
    return families.map((family): Item => {
      if (random.chance(35) && o.families === undefined && all.length > 0) {
        const { source, column } = random.pick(all);
        const alias = o.top && random.chance(70) ? undefined : freshName(making, 'c');
        return { sql: reference(making, scope, source, column), alias, plain: true, column: { ...column, name: alias ?? column.name } };
      }
      const sql = expression(making, scope, family, { depth: random.pick([0, 1, 1, 2]), subqueries: o.depth > 0 && random.chance(40) ? subqueries : undefined });
      const alias = o.top && random.chance(40) ? undefined : freshName(making, 'c');
      return { sql, alias, plain: false, column: { name: alias ?? sql, kind: kindOfFamily[family], loose: family === 'text' || family === 'json' } };
    });
  }

  #rows(making: Making, from: { sql: string; scope: Scope; natural: boolean }, where: string, o: SelectOptions, subqueries: Subqueries | undefined): MadeQuery {
    const { random } = making;
    const { scope } = from;
    const key = from.natural || /using \(/.test(from.sql) ? undefined : keyOf({ sources: scope.sources });
    const star = o.top && random.chance(8);
    const withWindows = random.chance(12) && o.families === undefined;
    const items = star ? [] : this.#items(making, scope, o, subqueries);
    const distinct = !star && !withWindows && random.chance(12);
    const names: string[] = [];
    let windows = '';
    if (withWindows) {
      const ints = columnsOf(scope, ['int']);
      if (key !== undefined && ints.length > 0 && random.chance(45)) {
        names.push('w');
        const p = random.pick(ints);
        windows = ` window w as (partition by ${p.source.alias}.${p.column.name} order by ${key.join(', ')})`;
      }
      for (let i = random.between(1, 2); i > 0; i--) {
        const alias = freshName(making, 'c');
        items.push({ sql: windowCall(making, scope, names.slice(0, windows === '' ? 0 : 1)), alias, plain: false, column: { name: alias, kind: 'decimal', loose: false } });
      }
    }
    if (distinct && o.exact && items.some((i) => i.column.loose)) return this.#rows(making, from, where, { ...o, families: ['number'] }, undefined);
    if (distinct && items.some((i) => i.column.loose)) making.loose = true;
    const keyItems: Item[] = [];
    const wantLimit = !distinct && key !== undefined && random.chance(o.top ? 25 : 10) && o.families === undefined;
    if (!o.top && key !== undefined && !distinct && o.families === undefined) {
      for (const k of key) {
        const alias = freshName(making, 'k');
        const [a, name] = k.split('.');
        const kind = scope.sources.find((s) => s.alias === a)?.columns.find((c) => c.name === name);
        keyItems.push({ sql: k, alias, plain: true, column: { name: alias, kind: kind?.kind ?? 'int', loose: kind?.loose ?? false } });
      }
    }
    const all = [...items, ...keyItems];
    const list = star ? random.pick(['*', '*', `${random.pick(scope.sources).alias}.*`]) : all.map((i) => `${i.sql}${i.alias === undefined ? '' : `${random.pick([' as ', ' '])}${i.alias}`}`).join(', ');
    const options = !distinct && random.chance(4) ? `${random.pick(['all', 'straight_join', 'high_priority', 'sql_small_result', 'sql_big_result', 'sql_buffer_result', 'sql_no_cache'])} ` : '';
    let tail = windows;
    let order: MadeQuery['order'] = [];
    const sorts = (o.top && random.chance(70)) || wantLimit;
    if (sorts && !distinct && key !== undefined && (wantLimit || random.chance(60))) {
      const first = random.chance(60) ? `${random.chance(70) ? (all.length > 0 && random.chance(50) ? String(random.between(1, all.length)) : expression(making, scope, random.pick(['number', 'text', 'date'] as const), { depth: 1 })) : bool(making, scope, { depth: 0 })}${random.pick(['', ' desc', ' asc'])}, ` : '';
      tail += ` order by ${/^(-?\d|0x|b'|'|N'|_utf8)/.test(first) && !/^\d+( |,)/.test(first) ? '' : first}${key.map((k) => `${k}${random.pick(['', '', ' desc'])}`).join(', ')}`;
      order = 'total';
      if (wantLimit) tail += random.pick([` limit ${random.between(0, 8)}`, ` limit ${random.between(1, 5)}, ${random.between(1, 6)}`, ` limit ${random.between(1, 9)} offset ${random.between(0, 4)}`]);
    } else if (sorts && !wantLimit && all.length > 0 && !star) {
      const by = random.some(all.map((_, i) => i), 1, 2);
      tail += ` order by ${by.map((i) => `${random.chance(50) || all[i]?.alias === undefined ? String(i + 1) : all[i]?.alias}${random.pick(['', ' desc'])}`).join(', ')}`;
      order = by;
    }
    if (o.locks === true && !distinct) tail += ` ${random.pick(['for update', 'lock in share mode', 'for update nowait', 'for update skip locked', ...(making.flavour === 'mysql' ? ['for share', 'for share skip locked', `for update of ${scope.sources.find((s) => s.table !== undefined)?.alias ?? ''}`.replace(/for update of $/, 'for share')] : ['for update wait 1', 'lock in share mode'])])}`;
    const having = !withWindows && !star && random.chance(3) && all[0]?.alias !== undefined && all[0].column.kind === 'decimal' ? ` having ${all[0].alias} > 2` : '';
    const sql = `select ${distinct ? random.pick(['distinct ', 'distinct ', 'distinctrow ']) : options}${list} from ${from.sql}${where}${having}${tail}`;
    return { sql, columns: all.map((i) => i.column), order, key: keyItems.length > 0 ? keyItems.map((i) => i.column.name) : undefined };
  }

  #grouped(making: Making, from: { sql: string; scope: Scope }, where: string, o: SelectOptions): MadeQuery {
    const { random } = making;
    const { scope } = from;
    const own = { sources: scope.sources };
    const exactColumns = columnsOf(own, ['int', 'unsigned', 'decimal', 'date', 'datetime', 'enum', 'year', 'time']).concat(columnsOf(own, ['text']).filter(({ column }) => !column.loose));
    const looseColumns = columnsOf(own, ['text']).filter(({ column }) => column.loose);
    const groups: { sql: string; column: Column }[] = [];
    for (let i = random.between(1, 2); i > 0; i--) {
      if (!o.exact && looseColumns.length > 0 && random.chance(30)) {
        const { source, column } = random.pick(looseColumns);
        groups.push({ sql: `${source.alias}.${column.name}`, column });
        making.loose = true;
      } else if (random.chance(25)) {
        const sql = number(making, own, { depth: 1 });
        groups.push({ sql: /^[-+0-9.]|^0x|^b'|^true$|^null$/.test(sql) ? `${sql} + 0` : sql, column: { name: '', kind: 'decimal', loose: false } });
      } else if (exactColumns.length > 0) {
        const { source, column } = random.pick(exactColumns);
        groups.push({ sql: `${source.alias}.${column.name}`, column });
      }
    }
    if (groups.length === 0) return this.#scalarAggregates(making, from, where, o);
    const items: Item[] = [];
    for (const g of groups) {
      if (random.chance(85) || !o.top) {
        const alias = freshName(making, 'g');
        items.push({ sql: g.sql, alias, plain: true, column: { ...g.column, name: alias } });
      }
    }
    for (let i = random.between(1, 3); i > 0; i--) {
      const alias = freshName(making, 'a');
      const sql = exactAggregate(making, own);
      items.push({ sql, alias, plain: false, column: { name: alias, kind: /concat|if\(|char\)/.test(sql) ? 'text' : /(min|max)\(/.test(sql) ? 'text' : 'decimal', loose: false } });
    }
    const rollup = random.chance(12);
    const having = random.chance(25) ? ` having ${random.pick(['count(*) > 1', `${exactAggregate(making, own)} is not null`, `max(${groups[0]?.sql ?? '1'}) is not null`, `count(*) between 1 and 4 or min(${groups[0]?.sql ?? '1'}) is null`])}` : '';
    const by = groups.map((g) => { const item = items.findIndex((i) => i.sql === g.sql); return item >= 0 && random.chance(30) ? (random.chance(50) ? String(item + 1) : items[item]?.alias ?? g.sql) : g.sql; });
    let tail = ` group by ${by.join(', ')}${rollup ? ' with rollup' : ''}${having}`;
    let order: MadeQuery['order'] = [];
    const groupItems = items.map((_, i) => i).filter((i) => items[i]?.plain === true);
    if (o.top && random.chance(65) && !(rollup && making.flavour === 'mariadb')) {
      if (groupItems.length === groups.length && random.chance(60) && !making.loose && !rollup) {
        const first = random.chance(40) ? `${random.pick(['count(*)', exactAggregate(making, own)])}${random.pick(['', ' desc'])}, ` : '';
        tail += ` order by ${/^['"\d]/.test(first) ? '' : first}${random.chance(50) ? groupItems.map((i) => i + 1).join(', ') : groups.map((g) => `${g.sql}${random.pick(['', ' desc'])}`).join(', ')}`;
        order = 'total';
        if (random.chance(35)) tail += ` limit ${random.between(1, 6)}${random.pick(['', ' offset 2'])}`;
      } else {
        const sorts = random.some(items.map((_, i) => i), 1, 2);
        tail += ` order by ${sorts.map((i) => `${i + 1}${random.pick(['', ' desc'])}`).join(', ')}`;
        order = sorts;
      }
    }
    if (items.some((i) => i.column.kind === 'text') && !o.exact) making.loose ||= looseColumns.length > 0;
    return { sql: `select ${random.chance(4) ? 'distinct ' : ''}${items.map((i) => `${i.sql} ${random.pick(['as ', ''])}${i.alias}`).join(', ')} from ${from.sql}${where}${tail}`, columns: items.map((i) => i.column), order, key: rollup || groupItems.length < groups.length || making.loose ? undefined : groupItems.map((i) => items[i]?.alias ?? '') };
  }

  #scalarAggregates(making: Making, from: { sql: string; scope: Scope }, where: string, o: SelectOptions): MadeQuery {
    const { random } = making;
    const own = { sources: from.scope.sources };
    const items = Array.from({ length: random.between(1, 3) }, () => ({ sql: exactAggregate(making, own), alias: o.top && random.chance(50) ? undefined : freshName(making, 'a') }));
    const having = random.chance(8) ? ` having ${random.pick(['count(*) > 0', 'count(*) > 1000', 'max(1) = 1'])}` : '';
    return {
      sql: `select ${items.map((i) => `${i.sql}${i.alias === undefined ? '' : ` as ${i.alias}`}`).join(', ')} from ${from.sql}${where}${having}`, order: [], key: items[0]?.alias === undefined ? undefined : [items[0].alias],
      columns: items.map((i) => ({ name: i.alias ?? i.sql, kind: 'decimal', loose: true })),
    };
  }

  /** Set operations. */
  union(making: Making, o: SelectOptions): MadeQuery {
    const { random } = making;
    const families: Family[] = Array.from({ length: random.between(1, 3) }, () => random.pick(o.exact ? (['number', 'date'] as const) : (['number', 'text', 'date'] as const)));
    const branch = (): string => {
      if (random.chance(8)) return `select ${families.map((f, i) => `${f === 'number' ? '5' : f === 'text' ? "'five'" : "date '2005-05-05'"} as u${i}`).join(', ')}`;
      const from = makeFrom(making, undefined, Math.min(o.depth, random.below(2)), this, { depth: 0 });
      return `select ${families.map((f, i) => `${f === 'text' ? text(making, from.scope, { depth: random.below(2) }) : expression(making, from.scope, f, { depth: random.below(2) })} as u${i}`).join(', ')} from ${from.sql}${maybeWhere(making, from.scope, 1, undefined)}`;
    };
    if (families.includes('text')) making.loose = true;
    const op = (): string => random.pick(['union', 'union all', 'union distinct', 'union all', 'union', 'intersect', 'except', ...(random.chance(30) ? ['intersect all', 'except all'] : [])]);
    const paren = (s: string): string => (random.chance(25) ? `(${s})` : s);
    let sql = `${paren(branch())} ${op()} ${paren(branch())}`;
    if (random.chance(25)) sql = `${sql} ${op()} ${random.chance(30) ? `(${branch()} ${op()} ${branch()})` : paren(branch())}`;
    else if (random.chance(12)) sql = `(${sql}) ${op()} ${branch()}`;
    let order: MadeQuery['order'] = [];
    if (o.top && random.chance(55)) {
      const by = families.map((_, i) => i);
      sql += ` order by ${by.map((i) => `${random.chance(50) ? String(i + 1) : `u${i}`}${random.pick(['', ' desc'])}`).join(', ')}`;
      order = by;
      if (!making.loose && random.chance(30)) sql += ` limit ${random.between(1, 9)}`;
    }
    return { sql: sql.replace(/^select 5|^\(select 5/, (m) => m), columns: families.map((f, i) => ({ name: `u${i}`, kind: kindOfFamily[f], loose: f === 'text' })), order, key: undefined };
  }

  /** A whole statement. */
  statement(making: Making): Generated {
    const { random, flavour } = making;
    const form = random.below(100);
    if (form < 12) return this.#finish(making, this.union(making, { depth: 1, top: true, exact: false }));
    if (form < 22) return this.#withCtes(making);
    if (form < 25) return this.#finish(making, this.#recursive(making));
    if (form < 28) {
      const rows = Array.from({ length: random.between(1, 3) }, () => `${flavour === 'mysql' ? 'row' : ''}(${numberLiteral(making)}, 'x')`);
      return { sql: random.chance(50) ? `values ${rows.join(', ')}${random.pick(['', ' order by 1', ' limit 1'])}` : flavour === 'mysql' ? `select v.column_0, u.id from (values ${rows.join(', ')}) v, users u where u.id < 4` : `select * from (values ${rows.join(', ')}) v`, order: [], loose: false };
    }
    if (form < 30 && flavour === 'mysql') return { sql: random.pick(['table users', 'table countries', 'table orders order by total limit 200', 'table regions limit 2', 'table events order by id', 'select * from (table countries) q', 'table users union table users']), order: [], loose: true };
    if (form < 34) return this.#finish(making, this.select(making, undefined, { depth: 1, top: true, exact: false, locks: true }));
    if (form < 37) {
      const text = `select ${random.pick(['n, word', 'word, user_id, n'])} from words where match(ft) against(${random.pick(["'alpha'", "'beta gamma' in natural language mode", "'+alpha -delta' in boolean mode", "'omega' with query expansion", "'delta' in natural language mode with query expansion"])}) order by ${random.pick(['n', 'n desc', 'word, n'])}`;
      return { sql: text, order: 'total', loose: true };
    }
    if (form < 39) {
      const inner = this.select(making, undefined, { depth: 0, top: false, exact: true });
      const sorts = `${inner.columns.map((c) => c.name).filter((n) => /^\w+$/.test(n)).join(', ')}`;
      if (sorts !== '' && inner.key !== undefined && !/ limit /.test(inner.sql)) return { sql: `(${inner.sql} order by ${inner.key.join(', ')} limit 6) order by ${inner.key.map((k) => `${k} desc`).join(', ')} limit 3`, order: 'total', loose: making.loose };
    }
    return this.#finish(making, this.select(making, undefined, { depth: random.pick([0, 1, 1, 2]), top: true, exact: false }));
  }

  #finish(making: Making, made: MadeQuery): Generated {
    return { sql: made.sql, order: made.order, loose: making.loose };
  }

  #withCtes(making: Making): Generated {
    const { random } = making;
    const parts: string[] = [];
    for (let i = random.between(1, 2); i > 0; i--) {
      const made = this.derived(making, undefined, 1);
      const name = freshName(making, 'cte');
      const columns = random.chance(30) && made.columns.length > 0 ? made.columns.map((c) => ({ ...c, name: freshName(making, 'e') })) : undefined;
      parts.push(`${name}${columns === undefined ? '' : ` (${columns.map((c) => c.name).join(', ')})`} as (${made.sql})`);
      const key = columns === undefined ? made.key : made.key?.map((k) => columns[made.columns.findIndex((c) => c.name === k)]?.name ?? k);
      making.ctes.push({ name, columns: columns ?? made.columns, key });
    }
    const body = this.select(making, undefined, { depth: 1, top: true, exact: false });
    return this.#finish(making, { ...body, sql: `with ${parts.join(', ')} ${body.sql}` });
  }

  #recursive(making: Making): MadeQuery {
    const { random } = making;
    const column = (name: string): Column => ({ name, kind: 'int', loose: false });
    const forms: (() => string)[] = [
      () => `with recursive n as (select 1 as x union all select x + 1 from n where x < ${random.between(2, 8)}) select x, x * 2 from n order by x`,
      () => `with recursive n (x) as (select 1 union all select x + 1 from n where x < 5) select n.x, u.id from n left join users u on u.id = n.x order by n.x, u.id`,
      () => `with recursive t as (select id, region, 0 as d from users where id = ${random.between(1, 9)} union all select u.id, u.region, t.d + 1 from users u join t on u.id = t.id + 7) select id, region, d from t order by id, region, d`,
      () => `with recursive t as (select user_id as a, 0 as d from orders where oid < 4 union select o.user_id, 1 from orders o join t on o.oid = t.a where t.d < 1) select a, d from t order by a, d`,
      () => `with recursive t as (select cid, 0 as d from countries union all select u.region, t.d + 1 from t join users u on u.id = t.cid where t.d < 2) select cid, d, count(*) from t group by cid, d order by cid, d`,
      () => `with recursive t as (select cid, region from countries where cid < 3 union select c.cid, c.region from countries c join t on c.region = t.cid) select cid, region from t order by cid, region`,
      () => `with recursive n as (select 1 as x union all select x + 1 from n where x < 6), s as (select id, region from users) select n.x, count(s.id) from n left join s on s.region = n.x group by n.x order by n.x`,
    ];
    return { sql: random.pick(forms)(), columns: [column('x')], order: 'total', key: undefined };
  }
}

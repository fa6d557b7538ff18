import { quote, texts, words } from '../fill.ts';
import type { Kind } from '../schema.ts';
import { columnsOf, reference, type Making, type Scope } from './scope.ts';

/** Makes subqueries; the expressions need them and they need expressions. */
export interface Subqueries {
  /** One value of a kind. */
  scalar(making: Making, scope: Scope, family: Family): string;
  /** One column, any number of rows. */
  column(making: Making, scope: Scope, family: Family): string;
  /** Two columns of these families. */
  pair(making: Making, scope: Scope): string;
  any(making: Making, scope: Scope): string;
}

/** Kinds that expressions treat alike. */
export type Family = 'number' | 'text' | 'date' | 'json' | 'time';

const kinds: Readonly<Record<Family, readonly Kind[]>> = {
  number: ['int', 'unsigned', 'decimal', 'double'], text: ['text'], date: ['date', 'datetime'], json: ['json'], time: ['time'],
};

export interface Options { readonly depth: number; readonly subqueries?: Subqueries | undefined }
const less = (o: Options): Options => ({ ...o, depth: o.depth - 1 });

function column(making: Making, scope: Scope, wanted: readonly Kind[]): string | undefined {
  const own = columnsOf(scope, wanted);
  const outer = scope.outer === undefined ? [] : columnsOf(scope.outer, wanted);
  const from = outer.length > 0 && making.random.chance(25) ? outer : own;
  if (from.length === 0) return undefined;
  const { source, column: chosen } = making.random.pick(from);
  return reference(making, scope, source, chosen);
}

const ints = ['0', '1', '2', '3', '5', '7', '10', '22', '-1', '40'];

export function numberLiteral(making: Making): string {
  return making.random.chance(75) ? making.random.pick(ints) : making.random.pick(['0.5', '1.25', '10.00', '2e0', '0x0A', "b'11'", '3.000', 'true', '18446744073709551615']);
}

export function textLiteral(making: Making): string {
  const { random } = making;
  if (random.chance(5)) return `N${quote(random.pick(texts))}`;
  if (random.chance(5)) return `_utf8mb4${quote(random.pick(texts))}`;
  return quote(random.pick(random.chance(20) ? words : texts));
}

export function dateLiteral(making: Making): string {
  return making.random.pick(["'2010-05-06'", "date '2015-01-31'", "timestamp '2012-02-29 10:11:12'", "'2020-12-31 23:59:59'", "date '2001-07-04'"]);
}

/** An expression of a family. */
export function expression(making: Making, scope: Scope, family: Family, options: Options): string {
  switch (family) {
    case 'number': return number(making, scope, options);
    case 'text': return text(making, scope, options);
    case 'date': return date(making, scope, options);
    case 'json': return json(making, scope, options);
    case 'time': return column(making, scope, ['time']) ?? making.random.pick(["time '10:11:12'", "maketime(1, 2, 3)", "sec_to_time(3700)"]);
    default: return family satisfies never;
  }
}

export function anyFamily(making: Making): Family {
  return making.random.pick(['number', 'number', 'number', 'text', 'text', 'date', 'json', 'time'] as const);
}

export function number(making: Making, scope: Scope, o: Options): string {
  const { random } = making;
  const own = (): string => column(making, scope, kinds.number) ?? numberLiteral(making);
  if (o.depth <= 0) return random.chance(70) ? own() : numberLiteral(making);
  const n = (): string => number(making, scope, less(o));
  const t = (): string => text(making, scope, less(o));
  const d = (): string => date(making, scope, less(o));
  const forms: (() => string)[] = [
    own, own, own,
    () => `${n()} ${random.pick(['+', '-', '*'])} ${numberLiteral(making)}`,
    () => `(${n()} ${random.pick(['+', '*'])} cast(${n()} as signed))`,
    () => `${own()} / ${random.pick(['2', '3', '0', '1.5', '7'])}`,
    () => `(${own()} div ${random.pick(['2', '3', '0'])})`,
    () => `(${own()} ${random.pick(['%', 'mod'])} ${random.pick(['2', '3', '5'])})`,
    () => `(cast(${own()} as signed) ${random.pick(['&', '|', '^', '<<', '>>'])} ${random.pick(['1', '3', '6'])})`,
    () => `-cast(${own()} as signed)`, () => `+${own()}`, () => `~cast(${own()} as signed)`,
    () => `abs(${own()})`, () => `round(${n()}, ${random.pick(['0', '1', '2'])})`, () => `truncate(${own()}, 1)`, () => `floor(${own()})`, () => `ceil(${own()})`, () => `sign(${n()})`,
    () => `length(${t()})`, () => `char_length(${t()})`, () => `ascii(${t()})`, () => `locate(${textLiteral(making)}, ${t()})`, () => `position(${textLiteral(making)} in ${t()})`, () => `instr(${t()}, ${textLiteral(making)})`,
    () => `field(${t()}, 'Ann', 'bob', 'x')`, () => `find_in_set('a', ${t()})`, () => `strcmp(${t()}, ${textLiteral(making)})`,
    () => `year(${d()})`, () => `month(${d()})`, () => `dayofweek(${d()})`, () => `to_days(${d()})`, () => `datediff(${d()}, ${dateLiteral(making)})`,
    () => `extract(${random.pick(['year', 'month', 'day', 'year_month', 'quarter', 'week'])} from ${d()})`,
    () => `timestampdiff(${random.pick(['day', 'month', 'year', 'hour'])}, ${d()}, ${dateLiteral(making)})`,
    () => `coalesce(${own()}, ${n()})`, () => `ifnull(${own()}, ${numberLiteral(making)})`, () => `nullif(${own()}, ${numberLiteral(making)})`,
    () => `if(${bool(making, scope, less(o))}, ${n()}, ${n()})`,
    () => `case when ${bool(making, scope, less(o))} then ${n()} ${random.chance(60) ? `else ${n()} ` : ''}end`,
    () => `case ${own()} when ${numberLiteral(making)} then ${n()} when ${numberLiteral(making)} then ${numberLiteral(making)} end`,
    () => `greatest(${own()}, ${n()})`, () => `least(${own()}, ${numberLiteral(making)})`,
    () => `cast(${own()} as ${random.pick(['signed', 'decimal(12,3)', 'double', 'decimal(10)'])})`, () => `convert(${own()}, ${random.pick(['signed', 'decimal(9,2)'])})`,
    () => `(${bool(making, scope, less(o))})`,
    () => `json_length(${json(making, scope, less(o))})`, () => `crc32(${t()})`, () => `interval(${own()}, 1, 5, 20)`, () => `bit_count(cast(${own()} as signed))`,
    () => `json_extract(${json(making, scope, less(o))}, '$.a') + 0`, () => `${column(making, scope, ['bit', 'year', 'enum', 'set']) ?? '1'} + 0`,
    () => `pow(${own()}, 2)`, () => `(${own()} is null)`, () => 'null',
    ...(o.subqueries === undefined ? [] : [() => o.subqueries?.scalar(making, scope, 'number') ?? '1', () => o.subqueries?.scalar(making, scope, 'number') ?? '1']),
    () => `json_value(${json(making, scope, less(o))}, '$.a'${making.flavour === 'mysql' ? ` returning signed${random.pick([' null on empty', ' default 3 on empty', ''])}${random.pick(['', ' null on error'])}` : ''})`,
  ];
  return random.pick(forms)();
}

export function text(making: Making, scope: Scope, o: Options): string {
  const { random, flavour } = making;
  const own = (): string => column(making, scope, kinds.text) ?? textLiteral(making);
  if (o.depth <= 0) return random.chance(75) ? own() : textLiteral(making);
  const t = (): string => text(making, scope, less(o));
  const n = (): string => number(making, scope, less(o));
  const d = (): string => date(making, scope, less(o));
  const forms: (() => string)[] = [
    own, own, own, own,
    () => `upper(${t()})`, () => `lower(${t()})`, () => `concat(${t()}, ${textLiteral(making)})`, () => `concat_ws('-', ${own()}, ${n()})`,
    () => `substring(${t()}, 1, 2)`, () => `substring(${t()} from 2 for 2)`, () => `left(${t()}, 2)`, () => `right(${own()}, 1)`, () => `mid(${own()}, 2)`,
    () => `trim(${t()})`, () => `trim(${random.pick(['both', 'leading', 'trailing'])} 'x' from ${t()})`, () => `rtrim(${own()})`, () => `replace(${t()}, 'a', 'e')`, () => `reverse(${own()})`, () => `repeat(${own()}, 2)`, () => `lpad(${own()}, 6, '*')`,
    () => `substring_index(${t()}, 'a', 1)`, () => `hex(${own()})`, () => `hex(${column(making, scope, ['binary', 'bit']) ?? "'a'"})`, () => `quote(${own()})`, () => `elt(1, ${own()}, 'b')`, () => `insert(${own()}, 1, 1, 'Q')`,
    () => `date_format(${d()}, '%Y/%m')`, () => `date_format(${d()}, get_format(date, 'EUR'))`, () => `monthname(${d()})`, () => `dayname(${d()})`, () => `format(${n()}, 2)`,
    () => `cast(${own()} as char)`, () => `cast(${n()} as char(12))`, () => `convert(${own()}, char(20))`, () => `convert(${own()} using ${random.pick(['utf8mb4', 'latin1'])})`, () => `cast(${d()} as char)`,
    () => `cast(${own()} as char character set utf8mb4) collate utf8mb4_bin`, () => `convert(${own()} using utf8mb4) collate ${flavour === 'mysql' ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_unicode_ci'}`,
    () => `coalesce(${own()}, ${t()})`, () => `ifnull(${own()}, 'none')`, () => `nullif(${own()}, ${textLiteral(making)})`, () => `if(${bool(making, scope, less(o))}, ${t()}, ${t()})`,
    () => `case when ${bool(making, scope, less(o))} then ${t()} else ${textLiteral(making)} end`, () => `case ${own()} when ${textLiteral(making)} then 'one' else ${t()} end`,
    () => `char(65, 97${random.pick(['', ' using utf8mb4'])})`, () => `hex(weight_string(${own()}${random.pick(['', ' as char(3)'])}))`, () => `binary ${own()}`, () => `soundex(${own()})`,
    () => `json_unquote(json_extract(${json(making, scope, less(o))}, '$.a'))`, () => `md5(${own()})`, () => `${column(making, scope, ['enum', 'set']) ?? "'low'"}`,
    ...(flavour === 'mysql' ? [() => `${column(making, scope, ['json']) ?? "json_object()"}->>'$.a'`.replace(/^json_object\(\)->>'\$\.a'$/, "''"), () => `regexp_replace(${own()}, '[aeiou]', '_')`] : []),
    ...(o.subqueries === undefined ? [] : [() => o.subqueries?.scalar(making, scope, 'text') ?? "''"]),
  ];
  return random.pick(forms)();
}

export function date(making: Making, scope: Scope, o: Options): string {
  const { random } = making;
  const own = (): string => column(making, scope, kinds.date) ?? "date '2011-11-11'";
  if (o.depth <= 0) return own();
  const d = (): string => date(making, scope, less(o));
  const interval = (): string => {
    const unit = random.pick(['day', 'month', 'year', 'hour', 'minute', 'week', 'quarter', 'second', 'day_hour', 'year_month', 'minute_second', 'microsecond']);
    return `interval ${unit.includes('_') ? "'1:2'" : random.pick(['1', '2', '-3'])} ${unit}`;
  };
  const forms: (() => string)[] = [
    own, own, own, () => `${d()} + ${interval()}`, () => `${d()} - ${interval()}`, () => `date_add(${d()}, ${interval()})`, () => `date_sub(${own()}, ${interval()})`,
    () => `timestampadd(${random.pick(['day', 'month', 'hour'])}, 2, ${d()})`, () => `date(${d()})`, () => `last_day(${d()})`, () => `cast(${d()} as ${random.pick(['date', 'datetime', 'datetime(3)'])})`,
    () => `coalesce(${own()}, date '2000-01-01')`, () => `if(${bool(making, scope, less(o))}, ${own()}, null)`, () => `str_to_date(${random.pick(["'2015-06-07'", "'2016-01-02'"])}, '%Y-%m-%d')`, () => `makedate(2012, 60)`, () => `from_days(733000)`,
    () => `greatest(${own()}, date '2010-01-01')`, () => `interval 1 day + ${own()}`,
  ];
  return random.pick(forms)();
}

export function json(making: Making, scope: Scope, o: Options): string {
  const { random, flavour } = making;
  const own = (): string => column(making, scope, kinds.json) ?? `'{"a": 2}'`;
  if (o.depth <= 0) return own();
  const forms: (() => string)[] = [
    own, own, own, () => `json_object('k', ${number(making, scope, { depth: 0 })})`, () => `json_array(${number(making, scope, { depth: 0 })}, 'x')`, () => `json_extract(${own()}, '$.b')`, () => `json_set(${own()}, '$.z', 1)`, () => `json_keys(${own()})`,
    ...(flavour === 'mysql' ? [() => `${column(making, scope, ['json']) ?? "cast('[]' as json)"}`, () => `cast(${own()} as json)`] : []),
  ];
  return random.pick(forms)();
}

/** A condition. */
export function bool(making: Making, scope: Scope, o: Options): string {
  const { random, flavour } = making;
  const n = (): string => number(making, scope, less(o));
  const t = (): string => text(making, scope, less(o));
  const d = (): string => date(making, scope, less(o));
  const family = random.pick(['number', 'number', 'text', 'date'] as const);
  const e = (): string => expression(making, scope, family, less(o));
  const literal = (): string => (family === 'number' ? numberLiteral(making) : family === 'text' ? textLiteral(making) : dateLiteral(making));
  const op = (): string => random.pick(['=', '<=>', '<>', '!=', '<', '<=', '>', '>=']);
  const simple: (() => string)[] = [
    () => `${e()} ${op()} ${literal()}`, () => `${e()} ${op()} ${literal()}`, () => `${e()} ${op()} ${e()}`, () => `${e()} between ${literal()} and ${literal()}`, () => `${e()} not between ${literal()} and ${literal()}`,
    () => `${e()} in (${literal()}, ${literal()}, ${literal()})`, () => `${e()} not in (${literal()}, ${literal()})`, () => `${e()} is ${random.pick(['', 'not '])}null`,
    () => `${t()} like ${random.pick(["'a%'", "'%o%'", "'_n%'", "'b\\_%'"])}`, () => `${t()} not like '%a%'`, () => `${t()} like 'a|%%' escape '|'`, () => `${t()} ${random.pick(['regexp', 'rlike', 'not regexp'])} '^[a-m]'`,
    () => `${t()} sounds like ${textLiteral(making)}`, () => `isnull(${e()})`,
    () => `${t()} = ${n()}`, () => `${d()} > ${random.pick(['20100101', "'2012-01-01'"])}`, () => `${column(making, scope, ['enum']) ?? "'low'"} ${op()} ${random.pick(["'Mid'", "'north'", '2'])}`, () => `${column(making, scope, ['set']) ?? "'a'"} = 'a,b'`,
    () => `${column(making, scope, ['time']) ?? "'10:00:00'"} > '08:00:00'`, () => `${column(making, scope, ['binary']) ?? "x'61'"} ${op()} x'61'`, () => `json_contains(${json(making, scope, less(o))}, '1')`, () => `json_valid(${json(making, scope, less(o))})`,
    () => `(${n()}, ${n()}) ${random.pick(['=', '<>', '<=>'])} (${numberLiteral(making)}, ${numberLiteral(making)})`, () => `(${n()}, ${t()}) in ((1, 'Ann'), (2, 'bob'), (${numberLiteral(making)}, ${textLiteral(making)}))`, () => `row(${n()}, ${n()}) < row(3, 4)`,
    ...(flavour === 'mysql' ? [() => `${random.pick(['1', '2', '"x"', '3'])} member of(${column(making, scope, ['json']) ?? `'[1]'`})`, () => `${column(making, scope, ['json']) === undefined ? "'a'" : `${column(making, scope, ['json'])}->'$.a'`} = 1`] : []),
  ];
  if (o.depth <= 0) return random.pick(simple)();
  const b = (): string => bool(making, scope, less(o));
  const sub = o.subqueries;
  const forms: (() => string)[] = [
    ...simple, () => `(${b()} ${random.pick(['and', '&&'])} ${b()})`, () => `(${b()} or ${b()})`, () => `(${b()} or ${b()})`, () => `(${b()} xor ${b()})`, () => `not (${b()})`, () => `!(${b()})`,
    () => `(${b()}) is ${random.pick(['true', 'false', 'not true', 'unknown', 'not false', 'not unknown'])}`,
    ...(sub === undefined ? [] : [
      () => `${expression(making, scope, family, less(o))} ${random.pick(['in', 'in', 'not in'])} (${sub.column(making, scope, family)})`,
      () => `${random.pick(['exists', 'not exists', 'exists'])} (${sub.any(making, scope)})`,
      () => `${n()} ${random.pick(['=', '<', '>=', '<>'])} ${random.pick(['any', 'all', 'some'])} (${sub.column(making, scope, 'number')})`,
      () => `${n()} ${op()} ${sub.scalar(making, scope, 'number')}`,
      () => `(${n()}, ${n()}) ${random.pick(['in', 'not in'])} (${sub.pair(making, scope)})`,
    ]),
  ];
  return random.pick(forms)();
}

/** A condition on a column that a vindex knows, where there is one. */
export function vindexCondition(making: Making, scope: Scope): string | undefined {
  const { random } = making;
  const found: string[] = [];
  for (const source of scope.sources) {
    const id = source.table === 'users' || source.table === 'events' ? 'id' : source.table === 'orders' ? 'user_id' : undefined;
    if (id !== undefined) found.push(`${source.alias}.${id} ${random.pick([`= ${random.between(1, 40)}`, `in (${random.between(1, 40)}, ${random.between(1, 40)}, 3)`, `= ${random.between(1, 40)}`, `between 3 and 20`, '<=> 5'])}`);
    if (source.table === 'users') found.push(`${source.alias}.email ${random.pick([`= 'u${random.between(1, 40)}@x.org'`, `in ('u3@x.org', 'u4@x.org')`, "like 'u1%'"])}`);
    if (source.table === 'items') found.push(random.pick([`${source.alias}.sku in ('K1', 'k2', 's3', 'K4')`, `${source.alias}.order_id = ${random.between(1, 45)}`, `${source.alias}.order_id in (3, 5, 7, 9)`]));
    if (source.table === 'words') found.push(`${source.alias}.word ${random.pick(["= 'ALPHA'", "in ('beta', 'x')", "= 'ann'"])}`);
  }
  return found.length === 0 ? undefined : random.pick(found);
}

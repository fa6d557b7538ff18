import type { Node, TableName } from './node.ts';
import type { Limit, OrderItem, Query } from './query.ts';

/** Every expression. */
export type Expression =
  | Literal | ColumnRef | Bind | UserVariable | SystemVariable | DefaultValue
  | Unary | Not | Arithmetic | Logical | Comparison | Like | Regexp | In | Between | Is | Exists | Subquery | Row
  | Case | Cast | ConvertUsing | Collate | Interval | TypedArgument | JsonArrow | MemberOf | SoundsLike | MatchAgainst | Assign
  | FunctionCall | Aggregate | Extract | Trim | TimestampFunction | GetFormat | CharFunction | WeightString | ValuesFunction
  | JsonValue | SequenceValue;

// ---- literals -------------------------------------------------------------------------------------------------------------------

export type Literal = NullLiteral | BoolLiteral | NumberLiteral | StringLiteral | HexLiteral | BitLiteral | TemporalLiteral;

export interface NullLiteral extends Node {
  readonly kind: 'null';
}

export interface BoolLiteral extends Node {
  readonly kind: 'bool';
  readonly value: boolean;
}

/** As written, without sign: `1`, `1.50`, `1e10`, `18446744073709551616`. */
export interface NumberLiteral extends Node {
  readonly kind: 'number';
  /** integer: digits only; decimal: with a point; float: with an exponent. (MySQL makes an integer beyond 64 bits a decimal.) */
  readonly type: 'integer' | 'decimal' | 'float';
  readonly text: string;
}

export interface StringLiteral extends Node {
  readonly kind: 'string';
  /** Decoded: quotes removed, escapes resolved, adjacent literals joined. */
  readonly value: string;
  /** `_utf8mb4'…'` → `utf8mb4`; lower case. */
  readonly introducer?: string;
  /** `N'…'`. */
  readonly national?: boolean;
}

/** `x'4D'` or `0x4d`, and strings whose bytes are no text (with introducer, `_binary` at least): digits as written, without prefix; those of `0x4d` may be odd in number, which MySQL pads on the left. */
export interface HexLiteral extends Node {
  readonly kind: 'hex';
  readonly digits: string;
  /** `string`: `x'4D'`; `number`: `0x4d`. MySQL makes no difference; in MariaDB the first is a string in every context. */
  readonly form: 'string' | 'number';
  readonly introducer?: string;
}

/** `b'101'` or `0b101`. */
export interface BitLiteral extends Node {
  readonly kind: 'bit';
  readonly digits: string;
  readonly introducer?: string;
}

/** `date '2024-01-01'`, `{ts '…'}`. */
export interface TemporalLiteral extends Node {
  readonly kind: 'temporal';
  readonly type: 'date' | 'time' | 'timestamp';
  readonly value: string;
}

// ---- names ----------------------------------------------------------------------------------------------------------------------

export interface ColumnRef extends Node {
  readonly kind: 'column';
  readonly schema?: string;
  readonly table?: string;
  readonly name: string;
}

/** `:name`, `::list`, `?` (the n-th one, from 1, is named `v<n>`). */
export interface Bind extends Node {
  readonly kind: 'bind';
  readonly name: string;
  /** `::name`: stands for a whole parenthesised list, to the right of IN. */
  readonly list: boolean;
  /** Written as `?`. Printed as `:v<n>` unless asked otherwise. */
  readonly positional: boolean;
}

/** `@name`; user variables compare without case. */
export interface UserVariable extends Node {
  readonly kind: 'userVariable';
  readonly name: string;
}

export type VariableScope = 'session' | 'global' | 'persist' | 'persist_only';

/** `@@name`, `@@session.name` (LOCAL is session), `@@instance.name`. Name in lower case. */
export interface SystemVariable extends Node {
  readonly kind: 'systemVariable';
  readonly scope?: VariableScope;
  /** The structured prefix: `@@hot_cache.key_buffer_size`, `@@vitess_metadata.x`. */
  readonly instance?: string;
  readonly name: string;
}

/** `default` as a value, or `default(column)`. */
export interface DefaultValue extends Node {
  readonly kind: 'default';
  readonly column?: ColumnRef;
}

// ---- operators ------------------------------------------------------------------------------------------------------------------

export interface Unary extends Node {
  readonly kind: 'unary';
  /** `binary` is the deprecated operator `binary expr`. */
  readonly op: '-' | '+' | '~' | 'binary';
  readonly operand: Expression;
}

/** `not a` and `! a`: they differ in precedence only, which the tree already shows. */
export interface Not extends Node {
  readonly kind: 'not';
  readonly operand: Expression;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | 'div' | '%' | '|' | '&' | '^' | '<<' | '>>';

/** With `+` and `-` the right side may be an {@link Interval} (`interval 1 day + a` is `a + interval 1 day`). `a mod b` is `%`. */
export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly op: ArithmeticOp;
  readonly left: Expression;
  readonly right: Expression;
}

/** `&&` is `and`; `||` is `or` (under PIPES_AS_CONCAT it is the function `concat`). Left-associative. */
export interface Logical extends Node {
  readonly kind: 'logical';
  readonly op: 'and' | 'or' | 'xor';
  readonly left: Expression;
  readonly right: Expression;
}

export type ComparisonOp = '=' | '<=>' | '!=' | '<' | '<=' | '>' | '>=';

export interface Comparison extends Node {
  readonly kind: 'comparison';
  /** `<>` is `!=`. */
  readonly op: ComparisonOp;
  readonly left: Expression;
  /** A {@link Subquery} when `quantifier` is there. */
  readonly right: Expression;
  /** SOME is `any`. */
  readonly quantifier?: 'all' | 'any';
}

export interface Like extends Node {
  readonly kind: 'like';
  readonly not: boolean;
  readonly left: Expression;
  readonly pattern: Expression;
  readonly escape?: Expression;
}

/** `regexp` and `rlike`. */
export interface Regexp extends Node {
  readonly kind: 'regexp';
  readonly not: boolean;
  readonly left: Expression;
  readonly pattern: Expression;
}

export interface In extends Node {
  readonly kind: 'in';
  readonly not: boolean;
  readonly left: Expression;
  /** A parenthesised list, a subquery, or a `::list` bind. */
  readonly right: Row | Subquery | Bind;
}

export interface Between extends Node {
  readonly kind: 'between';
  readonly not: boolean;
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
}

export interface Is extends Node {
  readonly kind: 'is';
  readonly not: boolean;
  readonly operand: Expression;
  readonly test: 'null' | 'true' | 'false' | 'unknown';
}

export interface Exists extends Node {
  readonly kind: 'exists';
  readonly query: Query;
}

/** A query in parentheses where an expression stands. */
export interface Subquery extends Node {
  readonly kind: 'subquery';
  readonly query: Query;
}

/** `(a, b)`, `row(a, b)`; also the right side of IN and a row of INSERT … VALUES (there it may have one item or none). */
export interface Row extends Node {
  readonly kind: 'row';
  readonly items: readonly Expression[];
}

export interface When extends Node {
  readonly kind: 'when';
  readonly when: Expression;
  readonly then: Expression;
}

export interface Case extends Node {
  readonly kind: 'case';
  readonly operand?: Expression;
  readonly whens: readonly When[];
  readonly else?: Expression;
}

/** The type of CAST, CONVERT, RETURNING and `as`-clauses: `char(10) character set utf8mb4`, `decimal(10,2)`, `signed`. */
export interface CastType extends Node {
  readonly kind: 'castType';
  /** Lower case: `binary`, `char`, `nchar`, `date`, `datetime`, `time`, `decimal`, `double`, `float`, `real`, `json`, `signed`, `unsigned`, `year`, `point`, … */
  readonly name: string;
  /** As written, without spaces: `10` or `10,2`; the members of an enum as literals. */
  readonly length?: string;
  readonly charset?: string;
  /** `char(10) binary`: the binary collation of the character set. */
  readonly binary?: boolean;
  readonly collate?: string;
}

/** `cast(x as type)`, `convert(x, type)`. */
export interface Cast extends Node {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: CastType;
  /** `as … array`, in functional indexes. */
  readonly array: boolean;
  /** `cast(x at time zone '…' as datetime)`. */
  readonly atTimeZone?: string;
}

/** `x as type`: not a value by itself; an argument of MariaDB's `column_get`, `column_create` and `column_add`. */
export interface TypedArgument extends Node {
  readonly kind: 'typedArgument';
  readonly operand: Expression;
  readonly type: CastType;
}

/** `convert(x using charset)`. */
export interface ConvertUsing extends Node {
  readonly kind: 'convertUsing';
  readonly operand: Expression;
  readonly charset: string;
}

export interface Collate extends Node {
  readonly kind: 'collate';
  readonly operand: Expression;
  readonly collation: string;
}

export type IntervalUnit =
  | 'microsecond' | 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'
  | 'second_microsecond' | 'minute_microsecond' | 'minute_second' | 'hour_microsecond' | 'hour_second' | 'hour_minute'
  | 'day_microsecond' | 'day_second' | 'day_minute' | 'day_hour' | 'year_month';

/** `interval 1 day`: not a value by itself; an operand of `+`/`-` or an argument of `date_add` and its like. */
export interface Interval extends Node {
  readonly kind: 'interval';
  readonly amount: Expression;
  readonly unit: IntervalUnit;
}

/** `doc->'$.a'`, `doc->>'$.a'`. */
export interface JsonArrow extends Node {
  readonly kind: 'jsonArrow';
  readonly document: Expression;
  readonly path: Expression;
  /** `->>`. */
  readonly unquote: boolean;
}

export interface MemberOf extends Node {
  readonly kind: 'memberOf';
  readonly value: Expression;
  readonly array: Expression;
}

export interface SoundsLike extends Node {
  readonly kind: 'soundsLike';
  readonly left: Expression;
  readonly right: Expression;
}

export interface MatchAgainst extends Node {
  readonly kind: 'match';
  readonly columns: readonly ColumnRef[];
  readonly against: Expression;
  readonly mode?: 'natural language' | 'natural language with query expansion' | 'boolean' | 'query expansion';
}

/** `@a := expr`. */
export interface Assign extends Node {
  readonly kind: 'assign';
  readonly variable: UserVariable;
  readonly value: Expression;
}

// ---- functions ------------------------------------------------------------------------------------------------------------------

/** A call in ordinary form, window functions included. Bare `current_timestamp` and its like are calls without arguments. */
export interface FunctionCall extends Node {
  readonly kind: 'function';
  /** `schema.f()`: a stored function. */
  readonly schema?: string;
  /** Lower case. `substring(a from b for c)` has plain arguments; `position(a in b)` → `locate`. */
  readonly name: string;
  readonly args: readonly Expression[];
  /** The name stood in quotes: never a built-in that has its own grammar. */
  readonly quoted: boolean;
  readonly over?: WindowRef | WindowSpec;
  /** `lag(a) ignore nulls over …`. */
  readonly nulls?: 'respect' | 'ignore';
  /** `nth_value(a, 2) from first`. */
  readonly from?: 'first' | 'last';
  /** MariaDB's `percentile_cont(0.5) within group (order by a)`. */
  readonly withinGroup?: readonly OrderItem[];
}

export type AggregateName =
  | 'count' | 'sum' | 'avg' | 'min' | 'max' | 'group_concat' | 'any_value' | 'bit_and' | 'bit_or' | 'bit_xor'
  | 'std' | 'stddev' | 'stddev_pop' | 'stddev_samp' | 'variance' | 'var_pop' | 'var_samp' | 'json_arrayagg' | 'json_objectagg' | 'st_collect';

/** An aggregate function; with `over` it is a window function and does not group. */
export interface Aggregate extends Node {
  readonly kind: 'aggregate';
  readonly name: AggregateName;
  readonly distinct: boolean;
  /** `count(*)`; `args` is then empty. */
  readonly star: boolean;
  /** Several for `count(distinct a, b)` and `group_concat(a, b)`. */
  readonly args: readonly Expression[];
  /** group_concat, and json_arrayagg of MariaDB. */
  readonly orderBy: readonly OrderItem[];
  /** group_concat: absent means a comma. */
  readonly separator?: string;
  /** group_concat of MariaDB. */
  readonly limit?: Limit;
  readonly over?: WindowRef | WindowSpec;
}

/** `over w`. */
export interface WindowRef extends Node {
  readonly kind: 'windowRef';
  readonly name: string;
}

/** `(base partition by … order by … frame)`. */
export interface WindowSpec extends Node {
  readonly kind: 'windowSpec';
  readonly base?: string;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame?: WindowFrame;
}

export interface WindowFrame extends Node {
  readonly kind: 'windowFrame';
  readonly unit: 'rows' | 'range' | 'groups';
  readonly from: FrameBound;
  /** Absent: no BETWEEN was written. */
  readonly to?: FrameBound;
  readonly exclude?: 'current row' | 'group' | 'ties' | 'no others';
}

export interface FrameBound extends Node {
  readonly kind: 'frameBound';
  readonly type: 'unbounded preceding' | 'unbounded following' | 'current row' | 'preceding' | 'following';
  /** For `preceding` and `following`: a number, a bind or an {@link Interval}. */
  readonly offset?: Expression;
}

/** `extract(unit from x)`. */
export interface Extract extends Node {
  readonly kind: 'extract';
  readonly unit: IntervalUnit;
  readonly operand: Expression;
}

/** `trim([both|leading|trailing] [what] from x)`. */
export interface Trim extends Node {
  readonly kind: 'trim';
  readonly side?: 'both' | 'leading' | 'trailing';
  readonly what?: Expression;
  readonly operand: Expression;
}

/** `timestampadd(unit, a, b)`, `timestampdiff(unit, a, b)`. */
export interface TimestampFunction extends Node {
  readonly kind: 'timestampFunction';
  readonly name: 'timestampadd' | 'timestampdiff';
  readonly unit: IntervalUnit;
  readonly args: readonly [Expression, Expression];
}

/** `get_format(date, 'USA')`. */
export interface GetFormat extends Node {
  readonly kind: 'getFormat';
  readonly type: 'date' | 'time' | 'datetime';
  readonly operand: Expression;
}

/** `char(77, 121 using utf8mb4)`. */
export interface CharFunction extends Node {
  readonly kind: 'char';
  readonly args: readonly Expression[];
  readonly charset?: string;
}

/** `weight_string(x as char(10))`. */
export interface WeightString extends Node {
  readonly kind: 'weightString';
  readonly operand: Expression;
  readonly as?: CastType;
  /** `level 1`, of old servers, as written. */
  readonly levels?: string;
}

/** `values(column)` in ON DUPLICATE KEY UPDATE (`value(column)` too, of MariaDB). */
export interface ValuesFunction extends Node {
  readonly kind: 'valuesFunction';
  readonly column: ColumnRef;
}

/** What JSON_VALUE and JSON_TABLE do when nothing is there, or on an error. */
export interface JsonOn extends Node {
  readonly kind: 'jsonOn';
  readonly action: 'null' | 'error' | 'default';
  readonly value?: Expression;
}

export interface JsonValue extends Node {
  readonly kind: 'jsonValue';
  readonly document: Expression;
  readonly path: Expression;
  readonly returning?: CastType;
  readonly onEmpty?: JsonOn;
  readonly onError?: JsonOn;
}

/** MariaDB's `next value for s`, `nextval(s)` (next) and `previous value for s`, `lastval(s)` (previous). */
export interface SequenceValue extends Node {
  readonly kind: 'sequenceValue';
  readonly which: 'next' | 'previous';
  readonly sequence: TableName;
}

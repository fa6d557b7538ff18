/**
 * An expression the gate itself can evaluate: values for vindexes, LIMITs, projections and filters above several routes.
 * Plain data, so that plans can be cached and printed. What can't be written in it stays SQL and is evaluated by a shard or by scratch.
 */
export type EvalExpr =
  | { readonly kind: 'literal'; readonly type: number; readonly text: string | null }
  /** The value of a bind variable. */
  | { readonly kind: 'bind'; readonly name: string }
  /** All members of a list bind variable. */
  | { readonly kind: 'listBind'; readonly name: string }
  /** A column of the input row. */
  | { readonly kind: 'column'; readonly index: number }
  | { readonly kind: 'tuple'; readonly items: readonly EvalExpr[] }
  | { readonly kind: 'unary'; readonly op: UnaryEvalOp; readonly arg: EvalExpr }
  | { readonly kind: 'binary'; readonly op: BinaryEvalOp; readonly left: EvalExpr; readonly right: EvalExpr; readonly collation?: number }
  | { readonly kind: 'case'; readonly whens: readonly { readonly when: EvalExpr; readonly value: EvalExpr }[]; readonly otherwise: EvalExpr }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly EvalExpr[] }
  | AskExpr
  | { readonly kind: 'userVariable'; readonly name: string }
  | { readonly kind: 'systemVariable'; readonly name: string; readonly scope: string };

/**
 * A part that only MySQL can compute: any shard is asked, with `:__arg0`, `:__arg1`, … in `sql` standing for the arguments, which are columns of
 * the input. `collations` are MySQL's ids of the arguments' own collations where the schema tells them: a result's metadata does not.
 */
export interface AskExpr { readonly kind: 'ask'; readonly sql: string; readonly args: readonly EvalExpr[]; readonly collations?: readonly (number | undefined)[] }

export type UnaryEvalOp = 'not' | '-' | '~' | 'isNull' | 'isNotNull' | 'isTrue' | 'isNotTrue' | 'isFalse' | 'isNotFalse';
export type BinaryEvalOp =
  | '+' | '-' | '*' | '/' | 'div' | '%' | '=' | '<=>' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or' | 'xor' | 'in' | 'notIn'
  | 'like' | 'notLike' | '&' | '|' | '^' | '<<' | '>>';

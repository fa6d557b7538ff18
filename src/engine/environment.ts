import type { BindVariable, BindVariables, Field, Row } from '../vitess/queryService.ts';
import type { Primitive } from '../planner/plan.ts';
import { valueTypes } from '../vschema/valueType.ts';
import { VtrewindError } from '../base/errors.ts';
import type { EvalEnvironment, EvalValue } from './evaluate/evaluate.ts';
import type { ResultPart, VCursor } from './vcursor.ts';

/** One run of one plan. Bind variables differ per branch of the tree (a join's right side gets the left row's); all else is shared. */
export interface Environment {
  readonly binds: BindVariables;
  readonly vcursor: VCursor;
  /** Rows flow as they come; else each shard's answer is whole before the next step (as inside a transaction). */
  readonly streaming: boolean;
  readonly usage: Usage;
  /** The statement's only write goes to one shard: it needs no transaction around it. */
  readonly canAutocommit: boolean;
  /** Runs a primitive: the fields come in the first part. */
  readonly run: (primitive: Primitive, env: Environment) => Parts;
}

/** Rows the gate holds for this statement, against its limit. */
export interface Usage { rows: number }

export type Parts = AsyncGenerator<ResultPart, void, void>;

export function withBinds(env: Environment, more: BindVariables): Environment {
  return { ...env, binds: { ...env.binds, ...more } };
}

/** Counts rows kept in memory. Throws VTR1503 (1105) past the limit, saying what to raise. */
export function hold(env: Environment, rows: number): void {
  env.usage.rows += rows;
  if (env.usage.rows > env.vcursor.limits.maxMemoryRows) {
    throw new VtrewindError({
      code: 'VTR1503', mysql: 1105, grpc: 'RESOURCE_EXHAUSTED',
      message: `in-memory row count exceeded allowed limit of ${env.vcursor.limits.maxMemoryRows}`,
      hint: 'raise --max-memory-rows, or narrow the statement so that shards do more of it',
    });
  }
}

export function release(env: Environment, rows: number): void {
  env.usage.rows -= rows;
}

export function evalEnvironment(env: Environment, row?: Row, types?: readonly number[], scales?: readonly (number | undefined)[]): EvalEnvironment {
  const { session } = env.vcursor;
  return {
    binds: env.binds, ...(row !== undefined && { row }), ...(types !== undefined && { types }), ...(scales !== undefined && { scales }),
    userVariable: (name) => session.userVariable(name), systemVariable: (name) => session.systemVariable(name),
  };
}

export function toBind(value: EvalValue): BindVariable {
  return value.text === null ? { type: valueTypes.NULL_TYPE } : { type: value.type, value: Buffer.from(value.text) };
}

/** A column's value as a bind variable for another statement. */
export function columnBind(field: Field | undefined, value: Buffer | null | undefined): BindVariable {
  if (value === null || value === undefined) return { type: valueTypes.NULL_TYPE };
  return { type: bindType(field?.type ?? valueTypes.VARBINARY), value };
}

/** Types that a bind variable can have: the rest travel as their text. */
function bindType(type: number): number {
  if (type === valueTypes.BIT || type === valueTypes.GEOMETRY || type === valueTypes.BLOB || type === valueTypes.BINARY) return valueTypes.VARBINARY;
  if (type === valueTypes.TEXT || type === valueTypes.CHAR || type === valueTypes.ENUM || type === valueTypes.SET || type === valueTypes.NULL_TYPE) return valueTypes.VARCHAR;
  return type;
}

export function listBind(values: readonly { readonly type: number; readonly value?: Buffer | null }[]): BindVariable {
  return {
    type: valueTypes.TUPLE,
    values: values.map((v) => (v.value === null || v.value === undefined || v.type === valueTypes.NULL_TYPE ? { type: valueTypes.NULL_TYPE, value: Buffer.alloc(0) } : { type: bindType(v.type), value: v.value })),
  };
}

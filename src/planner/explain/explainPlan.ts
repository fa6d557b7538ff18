import type { OrderColumn, Plan, PlanKeyspace, PlanValue, Primitive, Routing } from '../plan.ts';
import { valueTypeName } from '../../vschema/valueType.ts';

type Json = Record<string, unknown>;

/** A plan as JSON in the shape of Vitess's own. */
export function explainPlan(plan: Plan): object {
  return {
    Type: plan.type,
    QueryType: plan.queryType,
    Original: plan.original,
    ...(plan.root !== undefined && { Instructions: explainPrimitive(plan.root) }),
    ...(plan.tablesUsed.length > 0 && { TablesUsed: plan.tablesUsed }),
  };
}

const keyspace = (k: PlanKeyspace): Json => ({ Keyspace: { Name: k.name, Sharded: k.sharded } });

function routing(r: Routing): Json {
  return {
    Variant: r.variant, ...keyspace(r.keyspace),
    ...(r.tabletType !== undefined && { TargetTabletType: r.tabletType }),
  };
}

function routingTail(r: Routing): Json {
  return {
    ...(r.values !== undefined && { Values: r.values.map((v) => v.text) }),
    ...(r.vindex !== undefined && { Vindex: r.vindex.name }),
    ...(r.pinned !== undefined && { Vindex: 'binary' }),
    ...(r.sysTableSchema !== undefined && r.sysTableSchema.length > 0 && { SysTableTableSchema: list(r.sysTableSchema) }),
    ...(r.sysTableName !== undefined && Object.keys(r.sysTableName).length > 0 && {
      SysTableTableName: `[${Object.entries(r.sysTableName).map(([name, v]) => `${name}:${v.text}`).join(', ')}]`,
    }),
  };
}

const list = (values: readonly PlanValue[]): string => `[${values.map((v) => v.text).join(', ')}]`;

function orderText(order: readonly OrderColumn[]): string {
  return order.map((o) => `${o.weightColumn === undefined ? o.column : `(${o.column}|${o.weightColumn})`} ${o.descending ? 'DESC' : 'ASC'}`).join(', ');
}

const inputs = (...list: readonly Primitive[]): Json => ({ Inputs: list.map((p) => explainPrimitive(p)) });
const named = (name: string, p: Primitive): Json => ({ InputName: name, ...explainPrimitive(p) });

/** One primitive and what is below it. */
export function explainPrimitive(p: Primitive): Json {
  switch (p.op) {
    case 'Route': return {
      OperatorType: 'Route', ...routing(p.routing), FieldQuery: p.fieldQuery, ...(p.orderBy !== undefined && { OrderBy: orderText(p.orderBy) }), Query: p.query,
      ...(p.keepColumns !== undefined && { ResultColumns: p.keepColumns }), ...(p.scatterErrorsAsWarnings === true && { ScatterErrorsAsWarnings: true }),
      ...(p.queryTimeoutMs !== undefined && { QueryTimeout: p.queryTimeoutMs }), ...(p.alwaysOneShard === true && { NoRoutesSpecialHandling: true }), ...routingTail(p.routing),
    };
    case 'VindexLookup': return {
      OperatorType: 'VindexLookup', Variant: p.variant, ...keyspace(p.keyspace), Values: p.values.map((v) => v.text), Vindex: p.vindex.name, ...inputs(p.lookup, p.sendTo),
    };
    case 'Join': return {
      OperatorType: 'Join', Variant: p.variant, JoinColumnIndexes: p.columns.map((c) => `${c.side}:${c.index}`).join(','), ...(Object.keys(p.vars).length > 0 && { JoinVars: p.vars }), ...inputs(p.left, p.right),
    };
    case 'HashJoin': return {
      OperatorType: 'Join', Variant: p.variant, JoinColumnIndexes: p.columns.map((c) => `${c.side}:${c.index}`).join(','), Predicate: p.predicate, ...inputs(p.left, p.right),
    };
    case 'SemiJoin': return { OperatorType: 'SemiJoin', ...(p.anti && { Variant: 'Anti' }), ...(Object.keys(p.vars).length > 0 && { JoinVars: p.vars }), Inputs: [named('Outer', p.left), named('SubQuery', p.right)] };
    case 'UncorrelatedSubquery': return {
      OperatorType: 'UncorrelatedSubquery', Variant: p.variant, PulloutVars: [...(p.hasValuesVar !== undefined && p.variant !== 'PulloutValue' ? [p.hasValuesVar] : []), ...(p.variant === 'PulloutExists' || p.variant === 'PulloutNotExists' ? [] : [p.resultVar])],
      Inputs: [named('SubQuery', p.subquery), named('Outer', p.outer)],
    };
    case 'Aggregate': return {
      OperatorType: 'Aggregate', Variant: p.variant, ...(p.output.some((o) => o.from === 'aggregate') && { Aggregates: p.output.flatMap((o) => (o.from === 'aggregate' ? [`${o.aggregation.function}${o.aggregation.distinct ? '_distinct' : ''}(${o.aggregation.column}) AS ${o.aggregation.alias}`] : [])).join(', ') }),
      ...(p.keys.length > 0 && { GroupBy: p.keys.map((k) => (k.weightColumn === undefined ? `${k.column}` : `(${k.column}|${k.weightColumn})`)).join(', ') }), ...inputs(p.input),
    };
    case 'Sort': return { OperatorType: 'Sort', Variant: 'Memory', OrderBy: orderText(p.orderBy), ...(p.keepColumns !== undefined && { ResultColumns: p.keepColumns }), ...inputs(p.input) };
    case 'Limit': return { OperatorType: 'Limit', ...(p.count !== undefined && { Count: p.count.text }), ...(p.offset !== undefined && { Offset: p.offset.text }), ...inputs(p.input) };
    case 'Distinct': return { OperatorType: 'Distinct', Collations: p.columns.map((c) => (c.weightColumn === undefined ? `${c.column}` : `(${c.column}:${c.weightColumn})`)), ...(p.keepColumns !== undefined && { ResultColumns: p.keepColumns }), ...inputs(p.input) };
    case 'Filter': return { OperatorType: 'Filter', Predicate: p.predicate.text, ...inputs(p.input) };
    case 'Projection': return { OperatorType: 'Projection', Expressions: p.expressions.map((e) => (e.name === '' ? e.text : `${e.text} as ${e.name}`)), ...inputs(p.input) };
    case 'SimpleProjection': return { OperatorType: 'SimpleProjection', Columns: p.columns.join(','), ...inputs(p.input) };
    case 'Concatenate': return { OperatorType: 'Concatenate', ...inputs(...p.inputs) };
    case 'RecurseCTE': return { OperatorType: 'RecurseCTE', JoinVars: p.vars, ...inputs(p.seed, p.term) };
    case 'VindexFunc': return {
      OperatorType: 'VindexFunc', Variant: 'VindexMap', ...keyspace(p.keyspace), Columns: p.columns, Fields: fieldsOf(p.fields), Value: p.value.text, Vindex: p.vindex.name,
    };
    case 'Send': return {
      OperatorType: 'Send', ...keyspace(p.keyspace), TargetDestination: destination(p.shards), ...(p.isDml && { IsDML: true }), Query: p.query,
      ...(p.singleShardOnly && { SingleShardOnly: true }), ...(p.reservedConnectionNeeded && { ReservedConnectionNeeded: true }), ...(p.queryTimeoutMs !== undefined && { QueryTimeout: p.queryTimeoutMs }),
    };
    case 'DDL': return { OperatorType: 'DDL', ...keyspace(p.keyspace), Query: p.query, ...(p.temporary && { TempTable: true }) };
    case 'DatabaseDDL': return { OperatorType: p.action === 'create' ? 'CREATEDB' : 'DROPDB', Keyspace: { Name: p.name, Sharded: false } };
    case 'Rows': return { OperatorType: 'Rows', ...(p.fields.length > 0 && { Fields: fieldsOf(p.fields) }), ...(p.rows.length > 0 && { RowCount: p.rows.length }) };
    case 'SingleRow': return { OperatorType: 'SingleRow' };
    case 'Set': return {
      OperatorType: 'Set', Ops: p.ops.map((o) => ({ Type: o.type, Name: o.name, ...('keyspace' in o && keyspace(o.keyspace)), ...(o.type === 'SysVarSet' && { TargetDestination: {} }), Expr: o.value.text, ...(o.type === 'SysVarSet' && { SupportSetVar: o.supportsSetVar }) })), Inputs: [{ OperatorType: 'SingleRow' }],
    };
    case 'Insert': return {
      OperatorType: 'Insert', Variant: p.variant, ...keyspace(p.keyspace), TableName: p.table, Query: p.query === '' ? `${p.prefix ?? ''}${(p.rows ?? []).join(', ')}${p.suffix ?? ''}` : p.query,
      ...(p.generate !== undefined && { AutoIncrement: `${p.generate.query}:${p.generate.values === undefined ? `Offset(${p.generate.column})` : `Values::(${p.generate.values.map((v) => v.text).join(', ')})`}` }),
      ...(p.vindexes?.some((v) => v.values !== undefined) && { VindexValues: Object.fromEntries(p.vindexes.map((v) => [v.name, (v.values ?? []).map((row) => row.map((x) => x.text).join(', ')).join(', ')])) }),
      ...(p.vindexes?.some((v) => v.offsets !== undefined) && { VindexOffsetFromSelect: Object.fromEntries(p.vindexes.map((v) => [v.name, `[${(v.offsets ?? []).join(' ')}]`])) }),
      ...(p.ignore === true && { InsertIgnore: true }), ...(p.multiShardAutocommit === true && { MultiShardAutocommit: true }), ...(p.queryTimeoutMs !== undefined && { QueryTimeout: p.queryTimeoutMs }),
      ...(p.input !== undefined && inputs(p.input)),
    };
    case 'Update':
    case 'Delete': return {
      OperatorType: p.op, ...routing(p.routing), ...(p.op === 'Update' && p.changedVindexValues !== undefined && { ChangedVindexValues: p.changedVindexValues }),
      ...(p.ksidVindex !== undefined && { KsidLength: p.ksidLength, KsidVindex: p.ksidVindex.name }), ...(p.ownedVindexQuery !== undefined && { OwnedVindexQuery: p.ownedVindexQuery }), Query: p.query,
      ...(p.multiShardAutocommit === true && { MultiShardAutocommit: true }), ...(p.queryTimeoutMs !== undefined && { QueryTimeout: p.queryTimeoutMs }), Table: p.table.join(', '), ...routingTail(p.routing),
    };
    case 'DMLWithInput': return { OperatorType: 'DMLWithInput', Offset: p.dmls.map((d, i) => `${i}:[${d.offsets.join(' ')}]`), ...inputs(p.input, ...p.dmls.map((d) => d.dml)) };
    case 'Sequential': return { OperatorType: 'Sequential', ...inputs(...p.inputs) };
    case 'Lock': return { OperatorType: 'Lock', ...keyspace(p.keyspace), FieldQuery: p.fieldQuery, lock_func: p.functions };
    case 'UpdateTarget': return { OperatorType: 'UpdateTarget', target: p.target };
    case 'ShowExec': return { OperatorType: 'ShowExec', Variant: ` ${p.what}`, ...(p.filter !== undefined && { Filter: p.filter }) };
    case 'ReplaceVariables':
    case 'RenameFields': return { OperatorType: p.op, ...inputs(p.input) };
    case 'AlterVSchema': return { OperatorType: 'AlterVSchema', ...keyspace(p.keyspace), query: p.query };
    case 'VEXPLAIN': return { OperatorType: 'VEXPLAIN', Type: p.kind, ...inputs(p.input) };
    case 'SQL_CALC_FOUND_ROWS': return { OperatorType: 'SQL_CALC_FOUND_ROWS', ...inputs(p.limited, p.count) };
    case 'EXECUTE': return { OperatorType: 'EXECUTE', Parameters: p.parameters, ...inputs(p.input) };
    case 'TransactionStatus': return { OperatorType: 'TransactionStatus', ...(p.keyspace !== undefined && { Keyspace: { Name: p.keyspace } }), ...(p.transactionId !== undefined && { TransactionID: p.transactionId }) };
    case 'Mirror': return { OperatorType: 'Mirror', Variant: 'PercentBased', Percent: p.percent, ...inputs(p.primary, p.target) };
    case 'Scratch': return { OperatorType: 'Scratch', Query: p.query, Why: p.why, Inputs: p.inputs.map((i) => ({ ...named(i.table, i.input), Columns: i.columns })) };
    default: return p satisfies never;
  }
}

function fieldsOf(fields: readonly { readonly name: string; readonly type: number }[]): Json {
  return Object.fromEntries(fields.map((f) => [f.name, valueTypeName(f.type) ?? 'VARCHAR']));
}

function destination(shards: { readonly kind: string; readonly shard?: string; readonly range?: string }): string {
  switch (shards.kind) {
    case 'shard': return `Shard(${shards.shard})`;
    case 'keyRange': return `ExactKeyRange(${shards.range})`;
    case 'allShards': return 'AllShards()';
    default: return 'AnyShard()';
  }
}

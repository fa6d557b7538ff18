/** `vtrewind/planner`: a parsed statement and a vschema to a plan, and a plan to JSON. */
export type { ForeignKey, PlanContext, ReferenceAction, SchemaView, TrackedColumn, TrackedTable } from './context.ts';
export type { EvalExpr } from './evalExpr.ts';
export { explainJsonLine, planLine } from './explain/explainJsonLine.ts';
export { explainPlan, explainPrimitive } from './explain/explainPlan.ts';
export { loadSchemaDir, type SchemaDir } from './explain/schemaDir.ts';
export type * from './plan.ts';
export { planStatement } from './planStatement.ts';

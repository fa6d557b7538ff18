import { existsSync, readFileSync } from 'node:fs';

/** One planner case of the fixtures: a query, its settings, and what Vitess plans. */
export interface PlanCase {
  readonly file: string;
  readonly index: number;
  readonly query: string;
  readonly expect: {
    readonly error?: string;
    readonly routes?: readonly CaseRoute[];
    readonly tree?: unknown;
  };
}

export interface CaseRoute {
  readonly operator: string;
  readonly variant: string | null;
  readonly keyspace?: string;
  readonly vindex?: string;
  readonly values?: readonly string[];
  readonly path?: string;
}

export const casesDir = process.env.VTREWIND_CASES ?? new URL('../../../shared/fixtures/cases', import.meta.url).pathname;

export function readCases(): { line: string; given: PlanCase }[] | undefined {
  const file = `${casesDir}/plan_cases.jsonl`;
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => ({ line, given: JSON.parse(line) as PlanCase }));
}

interface Json { readonly OperatorType?: string; readonly Variant?: string; readonly Keyspace?: { Name: string }; readonly Vindex?: string; readonly Values?: readonly string[]; readonly Inputs?: readonly Json[] }

/** The primitives of a plan that name a keyspace, in order: those the fixtures list as routes. */
export function routesOf(instructions: Json | undefined): CaseRoute[] {
  const found: CaseRoute[] = [];
  const walk = (p: Json): void => {
    if (routed.has(p.OperatorType ?? '')) {
      found.push({ operator: p.OperatorType ?? '', variant: p.Variant ?? null, ...(p.Keyspace !== undefined && { keyspace: p.Keyspace.Name }), ...(p.Vindex !== undefined && { vindex: p.Vindex }), ...(p.Values !== undefined && { values: p.Values }) });
    }
    for (const input of p.Inputs ?? []) walk(input);
  };
  if (instructions !== undefined) walk(instructions);
  return found;
}

const routed = new Set(['Route', 'Insert', 'Update', 'Delete', 'Send', 'DDL', 'VindexLookup', 'VindexFunc', 'Rows', 'Set', 'SingleRow', 'ShowExec', 'UpdateTarget', 'Lock', 'AlterVSchema', 'CREATEDB', 'DROPDB', 'TransactionStatus']);

const width: Readonly<Record<string, number>> = {
  None: 0, Unsharded: 1, Reference: 1, DBA: 1, Next: 1, EqualUnique: 1, ByDestination: 2, Equal: 3, IN: 4, Between: 4, MultiEqual: 5, SubShard: 6, Sharded: 6, Select: 6, Scatter: 7,
};

const queried = (r: CaseRoute): boolean => r.operator === 'Route' || r.operator === 'Insert' || r.operator === 'Update' || r.operator === 'Delete' || r.operator === 'Send' || r.operator === 'DDL';

export type Verdict = { readonly group: 'single' | 'multi' | 'error'; readonly ok: boolean; readonly why: string };

/** Judges one answer by issue 5's three measures. */
export function judge(given: PlanCase, answer: { plan?: { Instructions?: Json }; error?: { code: string; message: string } }): Verdict {
  const { expect } = given;
  if (expect.error !== undefined) {
    const code = /VT\d{5}/.exec(expect.error)?.[0];
    if (answer.plan !== undefined) return { group: 'error', ok: code === 'VT12001' || code === undefined && false, why: `planned; Vitess: ${expect.error}` };
    const got = answer.error?.message ?? '';
    if (code === undefined) return { group: 'error', ok: true, why: got };
    return { group: 'error', ok: answer.error?.code === code || got.includes(code), why: `${got}; Vitess: ${expect.error}` };
  }
  const wanted = expect.routes ?? [];
  const single = wanted.length <= 1;
  const group = single ? 'single' : 'multi';
  if (answer.plan === undefined) return { group, ok: false, why: answer.error?.message ?? 'no plan' };
  const got = routesOf(answer.plan.Instructions);
  if (single) {
    const [want] = wanted;
    const [have, more] = got;
    if (want === undefined || !queried(want)) {
      const root = answer.plan.Instructions?.OperatorType ?? 'null';
      const wantRoot = (expect.tree as { op?: string } | null)?.op ?? 'null';
      return { group, ok: root === wantRoot || got.length === wanted.length, why: `${root}; Vitess: ${wantRoot}` };
    }
    const ok = more === undefined && have !== undefined && have.variant === want.variant && have.keyspace === want.keyspace && have.vindex === want.vindex && JSON.stringify(have.values ?? []) === JSON.stringify(want.values ?? []);
    return { group, ok, why: `${show(got)}; Vitess: ${show(wanted)}` };
  }
  const mine = got.filter(queried);
  const theirs = wanted.filter(queried);
  const keyspaces = new Set(theirs.map((r) => r.keyspace));
  const widest = (list: readonly CaseRoute[]): number => Math.max(0, ...list.map((r) => width[r.variant ?? ''] ?? 0));
  const ok = mine.length <= theirs.length && mine.every((r) => keyspaces.has(r.keyspace)) && [...keyspaces].every((k) => widest(mine.filter((r) => r.keyspace === k)) <= widest(theirs.filter((r) => r.keyspace === k)));
  return { group, ok, why: `${show(got)}; Vitess: ${show(wanted)}` };
}

function show(routes: readonly CaseRoute[]): string {
  return `[${routes.map((r) => `${r.operator}:${r.variant} ${r.keyspace ?? ''} ${r.vindex ?? ''}${r.values === undefined ? '' : JSON.stringify(r.values)}`).join(' | ')}]`;
}

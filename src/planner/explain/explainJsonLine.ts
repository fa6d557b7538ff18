import { VtrewindError } from '../../base/errors.ts';
import { parseStatement } from '../../sql/index.ts';
import type { PlanContext } from '../context.ts';
import type { ShardTarget } from '../plan.ts';
import { planStatement } from '../planStatement.ts';
import { explainPlan } from './explainPlan.ts';
import type { SchemaDir } from './schemaDir.ts';

interface Line { readonly query?: unknown; readonly vschema?: unknown; readonly defaultKeyspace?: unknown; readonly config?: Record<string, unknown> }

/** One line of `explain --jsonl`: a query and its settings in, `{"plan": …}` or `{"error": {code, message}}` out. Never throws. */
export function explainJsonLine(dir: SchemaDir, line: string): string {
  try {
    const given = JSON.parse(line) as Line;
    if (typeof given.query !== 'string') throw new VtrewindError({ code: 'VTR1406', message: 'the line has no query' });
    const plan = planLine(dir, given.query, given);
    return JSON.stringify({ plan: explainPlan(plan) });
  } catch (error) {
    const known = VtrewindError.from(error);
    return JSON.stringify({ error: { code: known.code, message: known.message } });
  }
}

export function planLine(dir: SchemaDir, query: string, given: Line): ReturnType<typeof planStatement> {
  const config = given.config ?? {};
  const vschema = dir.vschema(typeof given.vschema === 'string' ? given.vschema : 'schema.json');
  const chosen = config['defaultKeyspace'] ?? config['target'] ?? given.defaultKeyspace;
  const shardTarget = parseDestination(config['dest']);
  const version = /^\d+\.\d+(\.\d+)?/.exec(String(config['mysqlVersion'] ?? ''))?.[0];
  const context: PlanContext = {
    sql: query, tabletType: 'PRIMARY', tabletTypeExplicit: false,
    ...(typeof chosen === 'string' && chosen !== '' && { defaultKeyspace: chosen }),
    ...(shardTarget !== undefined && { shardTarget }),
    ...(version !== undefined && { mysqlVersion: version }),
    sysVarSetEnabled: config['sysVarSetEnabled'] !== false,
    viewsEnabled: config['viewsEnabled'] === true,
    ...(typeof config['foreignKeyChecks'] === 'boolean' && { foreignKeyChecks: config['foreignKeyChecks'] }),
    schema: dir.schema({ foreignKeys: config['fksLoaded'] === true, primaryKeys: config['primaryKeysLoaded'] !== false, views: true }),
    preparedStatements: new Map(),
  };
  return planStatement(parseStatement(query), vschema, context);
}

function parseDestination(dest: unknown): ShardTarget | undefined {
  if (typeof dest !== 'string') return undefined;
  const range = /keyrange "?([^"]*)"?$/.exec(dest)?.[1];
  if (range !== undefined) return { kind: 'keyRange', range };
  const shard = /^(?:shard )?(.+)$/.exec(dest)?.[1];
  return shard === undefined ? undefined : { kind: 'shard', shard };
}

import { VtrewindError } from '../../base/errors.ts';
import { TYPE } from '../../mysql/constants/columnTypes.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { build, type Expression, printExpression, type Select, type Show, some } from '../../sql/index.ts';
import type { BindVariable, QueryResult } from '../../vitess/queryService.ts';
import type { StatementHome } from './keyspaceStatements.ts';
import { anyKeyspace, shardsOf } from './routing.ts';
import { likeTest } from './rows.ts';
import { type SessionFacts, sessionValue, takeSessionValues } from './sessionValues.ts';

const ROWS = '__vtrows';
const NUMBER = '__vtrow';

/**
 * What LIKE or WHERE of a SHOW leaves of a list that the gate made. LIKE is about column `by`; a WHERE is left to a shard, which is given the list as
 * a table, so that it means what it means on a server. Throws VT12001 for a WHERE with a subquery, and the shard's error for one that is wrong.
 */
export async function filteredShow(home: StatementHome, show: Pick<Show, 'like' | 'where'>, facts: SessionFacts, list: QueryResult, by = 0): Promise<QueryResult> {
  if (show.where !== undefined) return where(home, show.where, facts, list);
  if (show.like === undefined) return list;
  const like = likeTest(show.like);
  return { ...list, rows: list.rows.filter((row) => like(row[by]?.toString() ?? '')) };
}

async function where(home: StatementHome, condition: Expression, facts: SessionFacts, list: QueryResult): Promise<QueryResult> {
  if (some(condition, (node) => node.kind === 'select')) {
    throw new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: 'VT12001: unsupported: a subquery in the WHERE of SHOW' });
  }
  const asked: Select = { ...build.select([build.item(build.integer(1))], []), where: condition };
  const { ast, needs } = takeSessionValues(asked, '');
  const test = ast.kind === 'select' ? ast.where : undefined;
  const columns = list.fields.map((field, i) => `${quoted(field.name)} ${field.type === TYPE.INT64 ? 'bigint' : 'longtext'} path '$[${i}]'`);
  const sql = `select ${NUMBER} from json_table(convert(:${ROWS} using utf8mb4), '$[*]' columns (${NUMBER} for ordinality, ${columns.join(', ')})) as shown where ${test === undefined ? 'true' : printExpression(test, home.settings)}`;
  const binds: Record<string, BindVariable> = { [ROWS]: { type: TYPE.VARBINARY, value: Buffer.from(JSON.stringify(list.rows.map((row) => row.map((cell) => cell?.toString() ?? null)))) } };
  for (const name of needs) binds[name] = sessionValue(name, home.state, facts);
  const { env, state } = home;
  const shard = shardsOf(env, state.target, anyKeyspace(env).name, undefined)[0];
  if (shard === undefined) return list;
  const [outcome] = await home.shards.execute([{ target: shard.target, sql, binds }], { write: false, transaction: 'outside' }, home.how);
  if (outcome === undefined) return list;
  if ('error' in outcome) throw outcome.error;
  const kept = new Set(outcome.result.rows.map((row) => Number(row[0]?.toString())));
  return { ...list, rows: list.rows.filter((_, i) => kept.has(i + 1)) };
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

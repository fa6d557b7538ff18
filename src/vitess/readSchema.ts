import { type GetSchemaRequest, type GetSchemaResponse, SchemaTableType } from './gen/query.ts';
import type { QueryService, Target } from './queryService.ts';

/** Definitions in one message; a schema of thousands of tables comes in several. */
const definitionsPerMessage = 100;

/** GetSchema: an empty message first, then CREATE statements by name, as vttablet answers. Names that do not exist are left out. */
export async function readSchema(service: QueryService, target: Target, request: GetSchemaRequest, send: (m: GetSchemaResponse) => Promise<void>, signal: AbortSignal): Promise<void> {
  const wanted = request.tableType;
  await send({ udfs: [], tableDefinition: {} });
  if (wanted === SchemaTableType.UDFS) return;
  const ask = (sql: string) => service.execute(target, sql, {}, {}, { includedFields: 'TYPE_AND_NAME', workload: 'DBA', signal });
  const listed = await ask("select table_name, table_type from information_schema.tables where table_schema = database() and table_type in ('BASE TABLE', 'VIEW')");
  const only = new Set(request.tableNames);
  const names = listed.rows.flatMap(([name, type]) => {
    const isView = type?.toString() === 'VIEW';
    const fits = wanted === SchemaTableType.ALL || (wanted === SchemaTableType.VIEWS) === isView;
    const text = name?.toString();
    return text !== undefined && fits && (only.size === 0 || only.has(text)) ? [text] : [];
  });
  for (let at = 0; at < names.length; at += definitionsPerMessage) {
    const tableDefinition: Record<string, string> = {};
    for (const name of names.slice(at, at + definitionsPerMessage)) {
      const created = await ask(`show create table \`${name.replaceAll('`', '``')}\``);
      const text = created.rows[0]?.[1];
      if (text !== null && text !== undefined) tableDefinition[name] = text.toString();
    }
    await send({ udfs: [], tableDefinition });
  }
}

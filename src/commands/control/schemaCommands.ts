import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { listOf, print, textOrFile, withControl } from './withControl.ts';

/** JSON text as an object. Throws VTR0921 saying where it breaks. */
function parseObject(text: string, what: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `${what} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause });
  }
  throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `${what} is no JSON object` });
}

export function addSchemaCommands(program: Command): void {
  const apply = program.command('ApplyVSchema').argument('<keyspace>').description("check and store a keyspace's vschema")
    .option('--vschema <json>', 'the vschema as JSON').option('--vschema-file <file>', 'file with the vschema as JSON').option('--cells <cells>', 'limit the rebuild to these cells', listOf, [])
    .option('--skip-rebuild', 'do not rebuild the serving vschema').option('--dry-run', 'check only').option('--strict', 'refuse unknown vindex parameters')
    .option('-f, --force', 'on a snapshot keyspace: also without require_explicit_routing');
  apply.action(async (keyspace: string, flags: { vschema?: string; vschemaFile?: string; cells: string[]; skipRebuild?: true; dryRun?: true; strict?: true; force?: true }) => {
    const { Keyspace } = await import('../../vitess/gen/vschema.ts');
    const vSchema = Keyspace.fromJSON(parseObject(await textOrFile(flags.vschema, flags.vschemaFile, 'vschema'), 'the vschema'));
    const response = await withControl(apply, (control) =>
      control.call('applyVSchema', { keyspace, vSchema, cells: flags.cells, skipRebuild: flags.skipRebuild === true, dryRun: flags.dryRun === true, strict: flags.strict === true, sql: '' }, { force: flags.force === true }));
    for (const [vindex, { params }] of Object.entries(response.unknownVindexParams)) process.stderr.write(`Unknown parameters in vindex ${vindex}: ${params.join(', ')}\n`);
    await print(response.vSchema, 'New VSchema object:\n');
    process.stdout.write('If this is not what you expected, check the input data (unknown fields are left out).\n');
  });

  const get = program.command('GetVSchema').argument('<keyspace>').description("show a keyspace's vschema");
  get.action(async (keyspace: string) => print((await withControl(get, (control) => control.call('getVSchema', { keyspace }))).vSchema));

  const srv = program.command('GetSrvVSchema').argument('<cell>').description('show the serving vschema of a cell');
  srv.action(async (cell: string) => print((await withControl(srv, (control) => control.call('getSrvVSchema', { cell }))).srvVSchema));

  const rebuild = program.command('RebuildVSchemaGraph').description('write the serving vschema anew').option('-c, --cells <cells>', 'limit to these cells', listOf, []);
  rebuild.action(async (flags: { cells: string[] }) => {
    await withControl(rebuild, (control) => control.call('rebuildVSchemaGraph', { cells: flags.cells }));
  });

  const rules = program.command('ApplyRoutingRules').description('store the routing rules').option('-r, --rules <json>', 'the rules as JSON').option('-f, --rules-file <file>', 'file with the rules as JSON')
    .option('-c, --cells <cells>', 'limit the rebuild to these cells', listOf, []).option('--skip-rebuild', 'do not rebuild the serving vschema').option('-d, --dry-run', 'check only');
  rules.action(async (flags: { rules?: string; rulesFile?: string; cells: string[]; skipRebuild?: true; dryRun?: true }) => {
    const { RoutingRules } = await import('../../vitess/gen/vschema.ts');
    const routingRules = RoutingRules.fromJSON(parseObject(await textOrFile(flags.rules, flags.rulesFile, 'rules'), 'the rules'));
    if (flags.dryRun !== true) await withControl(rules, (control) => control.call('applyRoutingRules', { routingRules, skipRebuild: flags.skipRebuild === true, rebuildCells: flags.cells }));
    await print(routingRules, flags.dryRun === true ? '=== DRY RUN ===\n' : 'New RoutingRules object:\n');
  });
  const getRules = program.command('GetRoutingRules').description('show the routing rules');
  getRules.action(async () => print((await withControl(getRules, (control) => control.call('getRoutingRules', {}))).routingRules));

  const schema = program.command('ApplySchema').argument('<keyspace>').description('run statements on the primary of every shard')
    .option('--sql <sql>', 'statements, separated by semicolons; may be repeated', (text: string, before: string[]) => [...before, text], [] as string[]).option('--sql-file <file>', 'file with statements')
    .option('--ddl-strategy <strategy>', "how: 'direct'", 'direct').option('--caller-id <id>', 'who asks', '');
  schema.action(async (keyspace: string, flags: { sql: string[]; sqlFile?: string; ddlStrategy: string; callerId: string }) => {
    const text = await textOrFile(flags.sql.length > 0 ? flags.sql.join(';\n') : undefined, flags.sqlFile, 'sql');
    const { splitStatements } = await import('../../sql/index.ts');
    const sql = splitStatements(text).map(({ start, end }) => text.slice(start, end));
    await withControl(schema, (control) =>
      control.call('applySchema', {
        keyspace, sql, ddlStrategy: flags.ddlStrategy, uuidList: [], migrationContext: '', waitReplicasTimeout: undefined, batchSize: 0n,
        callerId: flags.callerId === '' ? undefined : { principal: flags.callerId, component: '', subcomponent: '', groups: [] },
      }, { timeoutMs: 3_600_000 }));
  });
}

import type { Command } from 'commander';
import { VtrewindError } from '../base/errors.ts';
import { answerJsonLines } from './jsonLines.ts';

const needsJsonl = () => new VtrewindError({ code: 'VTR0909', grpc: 'INVALID_ARGUMENT', message: 'lines are read with --jsonl only', hint: 'add --jsonl and give one JSON object a line on standard input' });

/** `vtrewind vindex`, `parse` and `explain`: routing and SQL questions answered without a cluster. */
export function addOfflineTools(program: Command): void {
  program
    .command('vindex')
    .description('map values to keyspace ids: lines {vindex, params, op, inputType, inputHex} in, {ksidHex} or {error} out')
    .option('--jsonl', 'read JSON lines from standard input')
    .addHelpText('after', `\nExample:\n  echo '{"vindex":"hash","params":{},"op":"map","inputType":"INT64","inputHex":"31"}' | vtrewind vindex --jsonl`)
    .action(async (options: { jsonl?: true }) => {
      if (options.jsonl !== true) throw needsJsonl();
      const { vindexJsonLine } = await import('../vschema/index.ts');
      await answerJsonLines(vindexJsonLine);
    });

  program
    .command('parse')
    .argument('[sql]', 'one statement; prints what --jsonl would')
    .description('parse, print and normalise SQL: lines {sql} in, {ok, kind, canonical, normalized, binds} or {ok: false, error} out')
    .option('--jsonl', 'read JSON lines from standard input')
    .addHelpText('after', `\nExample:\n  vtrewind parse 'select * from t where id in (1,2)'`)
    .action(async (sql: string | undefined, options: { jsonl?: true }) => {
      const { parseJsonLine } = await import('../sql/index.ts');
      if (sql !== undefined) {
        process.stdout.write(`${parseJsonLine(JSON.stringify({ sql }))}\n`);
        return;
      }
      if (options.jsonl !== true) throw needsJsonl();
      await answerJsonLines(parseJsonLine);
    });

  program
    .command('explain')
    .argument('[sql]', 'one statement')
    .description("plan SQL without a cluster; prints the plan as JSON in the shape of Vitess's own")
    .option('--schema-dir <dir>', 'a folder with vschemas/, schemas/ and, where keys matter, extras.json')
    .option('--vschema <file>', 'with SQL as argument: the vschema file (its name in vschemas/ when --schema-dir is given)')
    .option('--keyspace <keyspace>', 'with SQL as argument: the default keyspace')
    .option('--jsonl', 'read JSON lines {query, vschema, defaultKeyspace, config} from standard input')
    .addHelpText('after', `\nExample:\n  vtrewind explain --schema-dir schemas --vschema schema.json --keyspace user 'select id from user where id = 5'`)
    .action(async (sql: string | undefined, options: { schemaDir?: string; vschema?: string; keyspace?: string; jsonl?: true }) => {
      const { explainJsonLine, loadSchemaDir } = await import('../planner/index.ts');
      if (options.schemaDir === undefined) throw new VtrewindError({ code: 'VTR0909', grpc: 'INVALID_ARGUMENT', message: '--schema-dir is missing', hint: 'name the folder that holds vschemas/ and schemas/' });
      const schemas = loadSchemaDir(options.schemaDir);
      if (sql !== undefined) {
        const line = JSON.stringify({ query: sql, vschema: options.vschema ?? 'schema.json', defaultKeyspace: options.keyspace ?? null, config: {} });
        process.stdout.write(`${JSON.stringify(JSON.parse(explainJsonLine(schemas, line)), null, 2)}\n`);
        return;
      }
      if (options.jsonl !== true) throw needsJsonl();
      await answerJsonLines((line) => explainJsonLine(schemas, line));
    });
}

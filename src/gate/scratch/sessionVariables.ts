import { VtrewindError } from '../../base/errors.ts';
import type { QueryResult } from '../../vitess/queryService.ts';

/** What a statement's answer depends on beside its rows. Those that a server lacks are left out. */
const names = [
  'version', 'sql_mode', 'time_zone', 'character_set_client', 'character_set_connection', 'character_set_results', 'collation_connection', 'group_concat_max_len', 'div_precision_increment',
  'default_week_format', 'lc_time_names', 'max_sort_length', 'cte_max_recursion_depth', 'max_recursive_iterations', 'windowing_use_high_precision',
];

/** Asks a server for a session's values. */
export const showVariables: string = `show session variables where variable_name in (${names.map((name) => `'${name}'`).join(', ')})`;

/** Values by name; the name of a character set that results are not converted to is empty. */
export type SessionVariables = ReadonlyMap<string, string>;

export function readVariables(result: QueryResult): SessionVariables {
  return new Map(result.rows.map(([name, value]) => [name?.toString().toLowerCase() ?? '', value?.toString() ?? '']));
}

/** Their code units hold bytes that mean something else in statements. */
const wide = /^(?:ucs2|utf16|utf16le|utf32)$/;

/** How rows must be read to be as the shards sent them: in the session's time zone and in the character set of its results. Throws VT12001 for UTF-16 and its like. */
export function loadSettings(session: SessionVariables): string[] {
  const charset = session.get('character_set_results') ?? 'utf8mb4';
  if (wide.test(charset)) throw new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: character_set_results ${charset} in a statement that needs the scratch server` });
  const zone = session.get('time_zone');
  return [
    "set session sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES'",
    `set names ${charset === '' ? 'binary' : charset}`,
    ...(zone === undefined || zone === 'SYSTEM' ? [] : [`set session time_zone = ${quoted(zone)}`]),
  ];
}

/** MySQL's own modes; those of MariaDB only (NO_AUTO_CREATE_USER among its defaults) change nothing that a SELECT gives, or have no like there. */
const mysqlModes = new Set([
  'REAL_AS_FLOAT', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE', 'ONLY_FULL_GROUP_BY', 'NO_UNSIGNED_SUBTRACTION', 'NO_DIR_IN_CREATE', 'ANSI', 'NO_AUTO_VALUE_ON_ZERO', 'NO_BACKSLASH_ESCAPES',
  'STRICT_TRANS_TABLES', 'STRICT_ALL_TABLES', 'NO_ZERO_IN_DATE', 'NO_ZERO_DATE', 'ALLOW_INVALID_DATES', 'ERROR_FOR_DIVISION_BY_ZERO', 'TRADITIONAL', 'HIGH_NOT_PRECEDENCE', 'NO_ENGINE_SUBSTITUTION',
  'PAD_CHAR_TO_FULL_LENGTH', 'TIME_TRUNCATE_FRACTIONAL',
]);

/** Statements that give a scratch connection the session's values, where it has those variables; `own` are its values now. */
export function statementSettings(session: SessionVariables, own: SessionVariables, withoutFullGroupBy: boolean): string[] {
  const maria = /mariadb/i.test(own.get('version') ?? '');
  const modes = (session.get('sql_mode') ?? '').split(',').filter((mode) => mode !== '' && (maria ? mode !== 'TIME_TRUNCATE_FRACTIONAL' : mysqlModes.has(mode)) && !(withoutFullGroupBy && mode === 'ONLY_FULL_GROUP_BY'));
  const assignments = [`sql_mode = ${quoted(modes.join(','))}`];
  for (const name of names) {
    const value = session.get(name);
    if (name === 'version' || name === 'sql_mode' || name === 'time_zone' || name === 'character_set_connection' || value === undefined || !own.has(name)) continue;
    assignments.push(`${name} = ${value === '' && name === 'character_set_results' ? 'null' : /^-?\d+$/.test(value) ? value : quoted(value)}`);
  }
  // Last of all: the statement itself is read in the character set that is in force before it.
  return [`set ${assignments.map((assignment) => `session ${assignment}`).join(', ')}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

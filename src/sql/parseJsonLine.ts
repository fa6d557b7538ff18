import { VtrewindError } from '../base/errors.ts';
import { SqlSyntaxError } from './lexer/syntaxError.ts';
import type { LiteralBind } from './normalize/literalBind.ts';
import { bindVariables, normalize } from './normalize/normalize.ts';
import * as Q from './normalize/queryTypes.ts';
import { parseStatement } from './parser/index.ts';
import { printStatement } from './printer/index.ts';

const typeNames: ReadonlyMap<number, string> = new Map([
  [Q.NULL_TYPE, 'NULL_TYPE'], [Q.DECIMAL, 'DECIMAL'], [Q.TUPLE, 'TUPLE'], [Q.INT64, 'INT64'], [Q.UINT64, 'UINT64'], [Q.FLOAT64, 'FLOAT64'],
  [Q.HEXNUM, 'HEXNUM'], [Q.HEXVAL, 'HEXVAL'], [Q.BITNUM, 'BITNUM'], [Q.VARCHAR, 'VARCHAR'], [Q.VARBINARY, 'VARBINARY'],
]);

/**
 * Answers one line `{"sql": …}` with `{"ok": true, "kind", "canonical", "normalized", "binds"}` or
 * `{"ok": false, "error": {"code", "message", "offset"}}`, as JSON. Never throws.
 */
export function parseJsonLine(line: string): string {
  try {
    const input: unknown = JSON.parse(line);
    const sql = typeof input === 'object' && input !== null ? (input as { sql?: unknown }).sql : undefined;
    if (typeof sql !== 'string') throw new VtrewindError({ code: 'VTR0204', mysql: 1210, message: 'the line has no "sql"', hint: 'give lines like {"sql": "select 1"}' });
    const statement = parseStatement(sql);
    const normalized = normalize(sql);
    const binds = Object.fromEntries(Object.entries(bindVariables(normalized)).map(([name, bind]) => [name, describeBind(bind)]));
    return JSON.stringify({ ok: true, kind: statement.kind, canonical: printStatement(statement), normalized: normalized.key, binds });
  } catch (error) {
    const known = VtrewindError.from(error);
    const offset = error instanceof SqlSyntaxError ? { offset: error.offset } : {};
    return JSON.stringify({ ok: false, error: { code: known.mysql, message: known.message, ...offset } });
  }
}

function describeBind(bind: LiteralBind): object {
  const type = typeNames.get(bind.type) ?? String(bind.type);
  if (bind.values !== undefined) {
    return { type, values: bind.values.map((member) => ({ type: typeNames.get(member.type) ?? String(member.type), value: member.value.toString('utf8') })) };
  }
  return bind.value === undefined ? { type } : { type, value: bind.value.toString('utf8') };
}

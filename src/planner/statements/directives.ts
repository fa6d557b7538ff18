import { directives, type Statement } from '../../sql/index.ts';

/** `/*vt+ QUERY_TIMEOUT_MS=n *\/`, milliseconds. */
export function queryTimeout(ast: Statement): number | undefined {
  const value = directives(ast)['QUERY_TIMEOUT_MS'];
  const ms = value === undefined || value === true ? Number.NaN : Number(value);
  return Number.isInteger(ms) && ms > 0 ? ms : undefined;
}

/** A directive that is on: alone, or with a value other than 0 and false. */
export function directiveOn(ast: Statement, name: string): boolean {
  const value = directives(ast)[name];
  return value !== undefined && (value === true || !/^(0|false|off)$/i.test(value));
}

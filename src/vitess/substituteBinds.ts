import { VtrewindError } from '../base/errors.ts';
import { Lexer } from '../sql/lexer/lexer.ts';
import { SqlSettings } from '../sql/lexer/settings.ts';
import { BIND, EOF, INVALID, LIST_BIND } from '../sql/lexer/tokens.ts';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import { defaultLiteralRules, type LiteralRules, literalOf } from './bindLiteral.ts';
import type { BindVariables } from './queryService.ts';

const usual = new SqlSettings();
const withoutEscapes = new SqlSettings({ sqlMode: { noBackslashEscapes: true } });
const colon = 0x3a;

/**
 * Puts values in the place of `:name` and `::name`, leaving strings, names and comments alone. Throws VTR0331 (1210, INVALID_ARGUMENT) for a
 * missing variable, a list where one value stands, or the reverse: in the words of a vttablet.
 */
export function substituteBinds(sql: string | Buffer, binds: BindVariables, rules: LiteralRules = defaultLiteralRules): Buffer {
  const source = typeof sql === 'string' ? Buffer.from(sql) : sql;
  if (source.indexOf(colon) < 0) return source;
  const settings = settingsFor(rules);
  const lexer = new Lexer(settings);
  lexer.reset(source, settings);
  const parts: Buffer[] = [];
  let copied = 0;
  for (let kind = lexer.next(); kind !== EOF && kind !== INVALID; kind = lexer.next()) {
    if (kind !== BIND && kind !== LIST_BIND) continue;
    const name = source.toString('utf8', lexer.start + (kind === BIND ? 1 : 2), lexer.end);
    parts.push(source.subarray(copied, lexer.start), kind === BIND ? single(name, binds, rules) : list(name, binds, rules));
    copied = lexer.end;
  }
  if (copied === 0) return source;
  parts.push(source.subarray(copied));
  return Buffer.concat(parts);
}

function settingsFor(rules: LiteralRules): SqlSettings {
  if (rules.charset !== undefined) return new SqlSettings({ charset: rules.charset, sqlMode: { noBackslashEscapes: rules.noBackslashEscapes } });
  return rules.noBackslashEscapes ? withoutEscapes : usual;
}

function single(name: string, binds: BindVariables, rules: LiteralRules): Buffer {
  const bind = Object.hasOwn(binds, name) ? binds[name] : undefined;
  if (bind === undefined) throw wrong(`missing bind var ${name}`);
  if (bind.type === TYPE.TUPLE) throw wrong(`unexpected arg type (TUPLE) for non-list key ${name}`);
  return literalOf(bind.type, bind.value ?? Buffer.alloc(0), rules);
}

const open = Buffer.from('(');
const close = Buffer.from(')');
const comma = Buffer.from(', ');

function list(name: string, binds: BindVariables, rules: LiteralRules): Buffer {
  const bind = Object.hasOwn(binds, name) ? binds[name] : undefined;
  if (bind === undefined) throw wrong(`missing bind var ${name}`);
  if (bind.type !== TYPE.TUPLE) throw wrong(`unexpected list arg type (${bind.type}) for key ${name}`);
  if (bind.values === undefined || bind.values.length === 0) throw wrong(`empty list supplied for ${name}`);
  const parts: Buffer[] = [open];
  for (const [i, member] of bind.values.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(literalOf(member.type, member.value, rules));
  }
  parts.push(close);
  return Buffer.concat(parts);
}

function wrong(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0331', grpc: 'INVALID_ARGUMENT', message });
}

import type { Bind, BitLiteral, Expression, HexLiteral, NumberLiteral, StringLiteral, SystemVariable, TemporalLiteral, VariableScope } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';

/** A number token. */
export function numberLiteral(c: Cursor): NumberLiteral {
  const start = c.start;
  const type = c.kind === T.INTEGER ? 'integer' : c.kind === T.DECIMAL_NUMBER ? 'decimal' : 'float';
  const text = c.stream.text(c.at);
  c.advance();
  return { kind: 'number', type, text, start, end: c.lastEnd };
}

/**
 * String tokens side by side are one string (`'a' 'b'`), the first one with or without an introducer or N. Bytes that are no text in their
 * charset, as of a blob, come as a hex literal (with the introducer `_binary` when they had none), since a string could not hold them.
 */
export function stringLiteral(c: Cursor, introducer: string | undefined, start: number): StringLiteral | HexLiteral {
  const national = c.kind === T.NATIONAL_STRING ? true : undefined;
  const first = c.at;
  let value = c.stream.value(first);
  c.advance();
  while (c.kind === T.STRING) {
    value += c.stream.value(c.at);
    c.advance();
  }
  if (typeof c.stream.source !== 'string' && value.includes('\ufffd')) {
    const parts: Uint8Array[] = [];
    for (let i = first; i < c.at; i++) parts.push(c.stream.bytes(i));
    const bytes = Buffer.concat(parts);
    // The replacement character may also stand there as itself.
    if (!bytes.equals(Buffer.from(value, 'utf8'))) {
      return { kind: 'hex', digits: bytes.toString('hex'), form: 'string', introducer: introducer ?? 'binary', start, end: c.lastEnd };
    }
  }
  return { kind: 'string', value, introducer, national, start, end: c.lastEnd };
}

/** `_charset` and the string, hex or bit literal behind it. */
export function introduced(c: Cursor): StringLiteral | HexLiteral | BitLiteral {
  const start = c.start;
  const introducer = c.stream.value(c.at).toLowerCase();
  c.advance();
  switch (c.kind) {
    case T.STRING:
      return stringLiteral(c, introducer, start);
    case T.HEX_STRING:
    case T.HEX_NUMBER:
    case T.BIT_STRING:
    case T.BIT_NUMBER:
      return digitsLiteral(c, introducer, start);
    default:
      throw c.unexpected('a string after the character set');
  }
}

export function digitsLiteral(c: Cursor, introducer: string | undefined, start: number): HexLiteral | BitLiteral {
  const kind = c.kind;
  const digits = c.stream.value(c.at);
  c.advance();
  if (kind === T.BIT_STRING || kind === T.BIT_NUMBER) return { kind: 'bit', digits, introducer, start, end: c.lastEnd };
  return { kind: 'hex', digits, form: kind === T.HEX_STRING ? 'string' : 'number', introducer, start, end: c.lastEnd };
}

/** `date '…'`, with the cursor on the word. */
export function temporalLiteral(c: Cursor): TemporalLiteral {
  const start = c.start;
  const type = c.kind === K.DATE ? 'date' : c.kind === K.TIME ? 'time' : 'timestamp';
  c.advance();
  const value = c.string();
  return { kind: 'temporal', type, value, start, end: c.lastEnd };
}

/** `{d '…'}`, `{t '…'}`, `{ts '…'}`, and `{name expr}`, which is the expression. */
export function odbcEscape(c: Cursor): Expression {
  const start = c.start;
  c.advance();
  const word = c.word();
  if (!c.isName()) throw c.unexpected('d, t, ts or a name');
  c.advance();
  const type = word === 'd' ? 'date' : word === 't' ? 'time' : word === 'ts' ? 'timestamp' : undefined;
  let inner: Expression;
  if (type !== undefined && c.kind === T.STRING && c.peek() === T.RBRACE) {
    const value = c.string();
    inner = { kind: 'temporal', type, value, start, end: c.start + 1 };
  } else {
    inner = c.grammar.expression(c);
  }
  c.expect(T.RBRACE);
  return inner;
}

/** `:name`, `::name` or `?`. */
export function bind(c: Cursor): Bind {
  const start = c.start;
  const positional = c.kind === T.PARAM;
  const name = positional ? `v${++c.positionalBinds}` : c.stream.value(c.at);
  const list = c.kind === T.LIST_BIND;
  c.advance();
  return { kind: 'bind', name, list, positional, start, end: c.lastEnd };
}

/** `@@name`, `@@session.name`, `@@instance.name`. */
export function systemVariable(c: Cursor): SystemVariable {
  const start = c.start;
  c.advance();
  let scope: VariableScope | undefined;
  let instance: string | undefined;
  let name = '';
  if (c.peek() === T.DOT) {
    scope = scopes[c.word()];
    if (scope !== undefined) {
      c.advance();
      c.advance();
    }
  }
  name = variablePart(c);
  if (c.kind === T.DOT) {
    c.advance();
    instance = name;
    name = variablePart(c);
  }
  return { kind: 'systemVariable', scope, instance, name, start, end: c.lastEnd };
}

/** A part of a variable's name, which any word may be: `@@global`, `@@default`.key_buffer_size. */
function variablePart(c: Cursor): string {
  if (c.kind === K.DEFAULT || c.isName() || c.kind >= 256) {
    const text = c.kind === T.QUOTED_IDENT ? c.stream.value(c.at) : c.stream.text(c.at);
    c.advance();
    return text.toLowerCase();
  }
  throw c.unexpected('the name of a system variable');
}

/** The words that name a scope, and the scope. */
export const scopes: Readonly<Record<string, VariableScope | undefined>> = {
  session: 'session', local: 'session', global: 'global', persist: 'persist', persist_only: 'persist_only',
};
Object.setPrototypeOf(scopes, null);

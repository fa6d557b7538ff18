import { characterLength, PLAIN } from '../lexer/charsets.ts';
import { Lexer } from '../lexer/lexer.ts';
import { unescapeBytes, unescapeText } from '../lexer/literals.ts';
import type { SqlSettings } from '../lexer/settings.ts';
import * as T from '../lexer/tokens.ts';
import * as Q from './queryTypes.ts';

/** One value with its query.Type. */
export interface TypedValue {
  readonly type: number;
  readonly value: Buffer;
}

/**
 * A bind variable that stands for literals of the text. Its shape is that of a Vitess bind variable (`type`, `value`, `values`); the value
 * is decoded when it is first asked for, so that a statement passed through whole costs no buffers.
 */
export class LiteralBind {
  /** query.Type; TUPLE for a list; NULL for a `?`, whose value the caller has. */
  readonly type: number;
  /** Where the first literal stands in the source: the sign and an introducer included, a list from `(` to `)`. */
  readonly start: number;
  readonly end: number;
  /** The number of the `?`, from 0; -1 for a literal. */
  readonly param: number;
  /** Members of a list. */
  readonly members: readonly LiteralBind[] | undefined;
  private readonly source: string | Uint8Array;
  private readonly settings: SqlSettings;
  private decoded: Buffer | undefined = undefined;

  constructor(type: number, start: number, end: number, param: number, members: readonly LiteralBind[] | undefined, source: string | Uint8Array, settings: SqlSettings) {
    this.type = type;
    this.start = start;
    this.end = end;
    this.param = param;
    this.members = members;
    this.source = source;
    this.settings = settings;
  }

  /** The value as a bind variable carries it: numbers and hex as text, strings as their bytes. Undefined for lists and `?`. */
  get value(): Buffer | undefined {
    if (this.members !== undefined || this.param >= 0) return undefined;
    return (this.decoded ??= decodeLiteral(this.type, this.source, this.start, this.end, this.settings));
  }

  /** The members of a list; undefined for other binds. */
  get values(): readonly TypedValue[] | undefined {
    return this.members?.map((member) => ({ type: member.type, value: member.value ?? Buffer.alloc(0) }));
  }
}

function decodeLiteral(type: number, source: string | Uint8Array, start: number, end: number, settings: SqlSettings): Buffer {
  if (type === Q.VARCHAR || type === Q.VARBINARY) return decodeStrings(source, start, end, settings);
  let text = typeof source === 'string' ? source.slice(start, end) : bufferOf(source).toString('latin1', start, end);
  if (type === Q.BITNUM && text[0] !== '0') text = `0b${text.slice(2, -1)}`;
  else if (text[0] === '-') text = `-${text.slice(1).trimStart()}`;
  return Buffer.from(text, 'latin1');
}

/** One string, or several that MySQL joins (`'a' 'b'`); an introducer before them is passed over. */
function decodeStrings(source: string | Uint8Array, start: number, end: number, settings: SqlSettings): Buffer {
  const lexer = new Lexer(settings);
  lexer.reset(source, settings, start, end);
  const parts: Buffer[] = [];
  for (;;) {
    const kind = lexer.next();
    if (kind === T.STRING) parts.push(decodeString(source, lexer.start, lexer.end, settings));
    else if (kind !== T.INTRODUCER) break;
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

function decodeString(source: string | Uint8Array, start: number, end: number, settings: SqlSettings): Buffer {
  if (typeof source === 'string') return Buffer.from(unescapeText(source.slice(start + 1, end - 1), source[start] as string, !settings.noBackslashEscapes), 'utf8');
  const bytes = bufferOf(source);
  const body = bytes.subarray(start + 1, end - 1);
  const rule = settings.charset.rule;
  const width = rule === PLAIN ? null : (at: number) => characterLength(rule, body, at, body.length);
  return unescapeBytes(body, bytes[start] as number, !settings.noBackslashEscapes, width);
}

function bufferOf(source: Uint8Array): Buffer {
  return Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

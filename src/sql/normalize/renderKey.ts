import { decodeBytes } from '../lexer/decodeBytes.ts';
import type { SqlSettings } from '../lexer/settings.ts';

/** What an edit puts in place of `start`..`end`: a bind (its index), or one of these. Edits are triples start, end, code. */
export const SPACE = -1;
export const DROP = -2;
/** Codes from here down put an alias: the text from -(code - ALIAS) to the edit's start, in backquotes. */
export const ALIAS = -16;
/** Added to a bind's index: a list, written `::v1`. */
export const LIST = 1 << 28;

/** The source from `start` to `end` with the edits made. */
export function renderKey(source: string | Uint8Array, settings: SqlSettings, start: number, end: number, edits: readonly number[], prefix: string): string {
  if (typeof source === 'string') {
    let out = '';
    let at = start;
    for (let i = 0; i < edits.length; i += 3) {
      const from = edits[i] as number;
      if (from > at) out += source.slice(at, from);
      out += replacement(source, from, edits[i + 2] as number, prefix);
      at = edits[i + 1] as number;
    }
    return at < end ? out + source.slice(at, end) : out;
  }
  return renderBytes(source, settings, start, end, edits, prefix);
}

function replacement(source: string | Uint8Array, from: number, code: number, prefix: string): string {
  if (code >= LIST) return `::${prefix}${code - LIST + 1}`;
  if (code >= 0) return `:${prefix}${code + 1}`;
  if (code === SPACE) return ' ';
  if (code === DROP) return '';
  const text = typeof source === 'string' ? source.slice(ALIAS - code, from) : Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1', ALIAS - code, from);
  return ` as \`${text.replaceAll('`', '``')}\``;
}

let scratch = Buffer.allocUnsafe(16 * 1024);

function renderBytes(source: Uint8Array, settings: SqlSettings, start: number, end: number, edits: readonly number[], prefix: string): string {
  // A bind is at most as long as its prefix, two colons and nine digits; an alias at most doubles its text and is bounded by the scan.
  const most = end - start + (edits.length / 3) * (prefix.length + 160);
  let out = scratch;
  if (out.length < most) {
    out = Buffer.allocUnsafe(most);
    if (most <= 1024 * 1024) scratch = out;
  }
  let n = 0;
  let at = start;
  for (let i = 0; i <= edits.length; i += 3) {
    const last = i === edits.length;
    const from = last ? end : (edits[i] as number);
    if (from - at > 64) {
      out.set(source.subarray(at, from), n);
      n += from - at;
    } else {
      while (at < from) out[n++] = source[at++] as number;
    }
    if (last) break;
    const code = edits[i + 2] as number;
    if (code === SPACE) out[n++] = 32;
    else if (code !== DROP) {
      const text = replacement(source, from, code, prefix);
      for (let k = 0; k < text.length; k++) out[n++] = text.charCodeAt(k);
    }
    at = edits[i + 1] as number;
  }
  return decodeBytes(out, 0, n, settings.charset);
}

/** The text of a quoted token without its quotes, escapes undone. `body` is what stands between the quotes. */
export function unescapeText(body: string, quote: string, backslashEscapes: boolean): string {
  const backslashes = backslashEscapes && body.includes('\\');
  if (!backslashes) return body.includes(quote) ? body.replaceAll(quote + quote, quote) : body;
  let out = '';
  let from = 0;
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (c === quote) {
      out += body.slice(from, i + 1);
      i++;
      from = i + 1;
    } else if (c === '\\') {
      const d = body[i + 1];
      if (d === undefined) break;
      out += body.slice(from, i);
      // `\%` and `\_` keep their backslash: they are for LIKE. Source: MySQL manual, "String Literals".
      out += d === '%' || d === '_' ? `\\${d}` : (escapes[d] ?? d);
      i++;
      from = i + 1;
    }
  }
  return out + body.slice(from);
}

const escapes: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };
const byteEscapes = new Uint8Array(256);
for (let i = 0; i < 256; i++) byteEscapes[i] = i;
for (const [c, to] of Object.entries(escapes)) byteEscapes[c.charCodeAt(0)] = to.charCodeAt(0);

/**
 * As {@link unescapeText} for bytes, whatever their encoding. `width` answers the length in bytes of the character at an offset, so that a
 * trail byte is never taken for a quote or backslash. The result shares memory with `body` when nothing is escaped.
 */
export function unescapeBytes(body: Buffer, quote: number, backslashEscapes: boolean, width: ((i: number) => number) | null): Buffer {
  if (!body.includes(quote) && !(backslashEscapes && body.includes(92))) return body;
  const out = Buffer.allocUnsafe(body.length);
  let n = 0;
  for (let i = 0; i < body.length; ) {
    const c = body[i] as number;
    if (c === quote) {
      out[n++] = c;
      i += 2;
    } else if (c === 92 && backslashEscapes && i + 1 < body.length) {
      const d = body[i + 1] as number;
      if (d === 37 || d === 95) out[n++] = 92;
      out[n++] = byteEscapes[d] as number;
      i += 2;
    } else {
      const w = c < 0x80 || width === null ? 1 : width(i);
      for (let k = 0; k < w; k++) out[n++] = body[i + k] as number;
      i += w;
    }
  }
  return out.subarray(0, n);
}

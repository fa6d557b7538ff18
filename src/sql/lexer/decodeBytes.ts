import { type Charset, characterLength, PLAIN } from './charsets.ts';

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();
const ascii = /[\0-\x7f]/g;

/**
 * Bytes of a connection as text; ill-formed sequences and characters without a Unicode counterpart become U+FFFD.
 *
 * The decoders' own idea of where a character ends is not MySQL's: the WHATWG big5 decoder, say, knows lead bytes below 0xA1 and takes the
 * quote behind one for its trail, and gives a quote back that was the trail of a pair it does not know. So the character set's own rule says
 * what is a character, ASCII stands for itself, and no character of several bytes comes out as ASCII: every quote that the scanner saw is
 * in the text, and no other.
 */
export function decodeBytes(bytes: Buffer, start: number, end: number, charset: Charset): string {
  if (charset.decoder === 'utf-8') return bytes.toString('utf8', start, end);
  if (charset.decoder === 'latin1') return bytes.toString('latin1', start, end);
  let out = '';
  let at = start;
  while (at < end) {
    const from = at;
    while (at < end && (bytes[at] as number) < 0x80) at++;
    if (at > from) out += bytes.toString('latin1', from, at);
    if (at < end) {
      const high = at;
      at = highEnd(bytes, at, end, charset);
      out += decodeHigh(bytes, high, at, charset);
    }
  }
  return out;
}

/** Where the row of characters above ASCII ends that begins at `i`: characters of one byte and those of several are rows of their own. */
function highEnd(bytes: Buffer, i: number, end: number, charset: Charset): number {
  const { rule } = charset;
  let at = i;
  const single = rule === PLAIN || characterLength(rule, bytes, i, end) === 1;
  while (at < end && (bytes[at] as number) >= 0x80) {
    const width = rule === PLAIN ? 1 : characterLength(rule, bytes, at, end);
    if ((width === 1) !== single) break;
    at += width;
  }
  return at;
}

function decodeHigh(bytes: Buffer, start: number, end: number, charset: Charset): string {
  const decoder = decoderOf(charset.decoder);
  const { rule } = charset;
  const whole = decoder.decode(bytes.subarray(start, end));
  if (whole.search(ascii) < 0 && (rule === PLAIN || characterLength(rule, bytes, start, end) > 1)) return whole;
  // One by one, so that an unknown pair costs itself only, and single bytes do not join into a pair that MySQL does not see.
  let out = '';
  for (let at = start; at < end; ) {
    const width = rule === PLAIN ? 1 : characterLength(rule, bytes, at, end);
    const character = decoder.decode(bytes.subarray(at, at + width));
    out += character.search(ascii) < 0 ? character : '\ufffd';
    at += width;
  }
  return out;
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> {
  let found = decoders.get(label);
  if (found === undefined) decoders.set(label, (found = new TextDecoder(label)));
  return found;
}

/**
 * A text in quotes as Go's %q prints it, which is how Vitess shows values in its errors: printable characters stand as they are, bytes
 * that are not UTF-8 as \xNN. Source: Go, package strconv, Quote.
 */
export function goQuote(bytes: Buffer): string {
  let out = '"';
  for (let at = 0; at < bytes.length;) {
    const size = sequenceLength(bytes, at);
    out += size === 0 ? `\\x${hex(bytes[at] ?? 0, 2)}` : quoteCharacter(bytes.toString('utf8', at, at + size));
    at += Math.max(size, 1);
  }
  return `${out}"`;
}

const short: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function quoteCharacter(character: string): string {
  const known = short[character];
  if (known !== undefined) return known;
  if (printable.test(character)) return character;
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x80) return `\\x${hex(codePoint, 2)}`;
  return codePoint < 0x1_0000 ? `\\u${hex(codePoint, 4)}` : `\\U${hex(codePoint, 8)}`;
}

/** Bytes of the UTF-8 sequence at `at`; 0 where there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const decoded = bytes.toString('utf8', at, at + length);
  const whole = decoded.codePointAt(0) !== 0xfffd || bytes.subarray(at, at + length).equals(replacement);
  return whole && Buffer.byteLength(decoded) === length ? length : 0;
}

const replacement = Buffer.from([0xef, 0xbf, 0xbd]);

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

const backslash = 0x5c, percent = 0x25, underscore = 0x5f;

/** What the character after a backslash stands for in a MySQL string literal; the others stand for themselves. Source: MySQL manual, "String Literals". */
const escapes = new Map<number, number>([
  [0x30, 0x00], [0x62, 0x08], [0x6e, 0x0a], [0x72, 0x0d], [0x74, 0x09], [0x5a, 0x1a],
]);

/** The bytes of a LIKE pattern before its first wildcard, escapes resolved; a backslash at the very end counts as itself. */
export function likePrefix(pattern: Buffer): Buffer {
  const out = Buffer.allocUnsafe(pattern.length);
  let length = 0;
  for (let at = 0; at < pattern.length; at++) {
    let byte = pattern[at] ?? 0;
    if (byte === percent || byte === underscore) break;
    if (byte === backslash && at + 1 < pattern.length) {
      byte = pattern[++at] ?? 0;
      byte = escapes.get(byte) ?? byte;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
}

/**
 * The DES block cipher under the all-zero key, which is how Vitess's `hash` vindex scatters numbers (its triple DES with
 * a null key is single DES: encrypt, decrypt, encrypt with one key). With that key all sixteen round keys are zero, so the
 * rounds need no key schedule and the cipher is its own inverse.
 * Source: FIPS 46-3: IP, E, S1 to S8, P.
 */

/** The last block computed, as two unsigned halves; take them at once. */
export const block: { high: number; low: number } = { high: 0, low: 0 };

/** Encrypts (equally: decrypts) the 64-bit block given as two halves into {@link block}. */
export function zeroKeyDes(high: number, low: number): void {
  permute(initial, high, low);
  let left = block.high;
  let right = block.low;
  for (let round = 0; round < 16; round++) {
    const next = left ^ feistel(right);
    left = right;
    right = next;
  }
  permute(final, right >>> 0, left >>> 0);
}

/** S-boxes in the order of the standard: four rows of sixteen each. */
const sBoxes = [
  'e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d',
  'f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9',
  'a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c',
  '7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e',
  '2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453',
  'c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d',
  '4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c',
  'd2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b',
].map((rows) => rows.replaceAll(' ', ''));

const pPermutation = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25];

/** For each box and each of its 64 inputs: the box's four bits, already moved by P. */
const scattered = sBoxes.map((box, number) => Int32Array.from({ length: 64 }, (_, input) => {
  const row = ((input >> 4) & 2) | (input & 1);
  const output = Number.parseInt(box[row * 16 + ((input >> 1) & 15)] ?? '', 16);
  let word = 0;
  for (let bit = 0; bit < 4; bit++) {
    if ((output >> (3 - bit)) & 1) word |= 1 << (32 - (pPermutation.indexOf(number * 4 + bit + 1) + 1));
  }
  return word;
}));
const [s1, s2, s3, s4, s5, s6, s7, s8] = scattered as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** E, the boxes, and P. E takes, for each group of four bits, those and one neighbour on either side, around the end. */
function feistel(half: number): number {
  const around = (half >>> 31) | (half << 1);
  return at(s1, (half << 31 >>> 26) | (half >>> 27)) | at(s2, (half >>> 23) & 63) | at(s3, (half >>> 19) & 63) | at(s4, (half >>> 15) & 63)
    | at(s5, (half >>> 11) & 63) | at(s6, (half >>> 7) & 63) | at(s7, (half >>> 3) & 63) | at(s8, around & 63);
}

function at(box: Int32Array, input: number): number {
  return box[input] ?? 0;
}

/** IP as a table of 64 source bits; for output bit n (1 is the most significant) the input bit it comes from. */
const initialOrder = Array.from({ length: 64 }, (_, bit) => {
  const row = bit >> 3;
  return (row < 4 ? 58 + 2 * row : 57 + 2 * (row - 4)) - 8 * (bit & 7);
});
const finalOrder = Array.from({ length: 64 }, (_, bit) => initialOrder.indexOf(bit + 1) + 1);
const initial = byteTables(initialOrder);
const final = byteTables(finalOrder);

/** For each of the eight input bytes and its 256 values: the output bits it sets, as high and low halves in turn. */
function byteTables(order: readonly number[]): Int32Array {
  const table = new Int32Array(8 * 256 * 2);
  order.forEach((source, bit) => {
    const byte = (source - 1) >> 3;
    const mask = 0x80 >> ((source - 1) & 7);
    for (let value = 0; value < 256; value++) {
      if ((value & mask) === 0) continue;
      const slot = (byte * 256 + value) * 2 + (bit >> 5);
      table[slot] = (table[slot] ?? 0) | (1 << (31 - (bit & 31)));
    }
  });
  return table;
}

function permute(table: Int32Array, high: number, low: number): void {
  let outHigh = 0;
  let outLow = 0;
  for (let byte = 0; byte < 8; byte++) {
    const value = ((byte < 4 ? high >>> (24 - 8 * byte) : low >>> (56 - 8 * byte)) & 255);
    const slot = (byte * 256 + value) * 2;
    outHigh |= table[slot] ?? 0;
    outLow |= table[slot + 1] ?? 0;
  }
  block.high = outHigh >>> 0;
  block.low = outLow >>> 0;
}

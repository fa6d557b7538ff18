/**
 * xxHash, 64 bits, seed 0, in 32-bit halves: BigInt would cost several times as much on short keys, and this is on the way of
 * every statement routed by an xxhash vindex. Source: the xxHash specification, "XXH64 algorithm description".
 */

const p1High = 0x9e37_79b1, p1Low = 0x85eb_ca87;
const p2High = 0xc2b2_ae3d, p2Low = 0x27d4_eb4f;
const p3High = 0x1656_67b1, p3Low = 0x9e37_79f9;
const p4High = 0x85eb_ca77, p4Low = 0xc2b2_ae63;
const p5High = 0x27d4_eb2f, p5Low = 0x1656_67c5;

/** The number at work; every operation below leaves its result here. */
let high = 0;
let low = 0;

/** The eight bytes of the hash, least significant first, as Vitess keeps them in keyspace ids. */
export function xxhash64(input: Buffer): Buffer {
  const { length } = input;
  let at = 0;
  if (length >= 32) {
    at = hashStripes(input);
  } else {
    set(p5High, p5Low);
  }
  add(0, length);
  for (; at + 8 <= length; at += 8) {
    const h = high, l = low;
    scramble(input.readUInt32LE(at + 4), input.readUInt32LE(at));
    xor(h, l);
    rotate(27);
    multiply(p1High, p1Low);
    add(p4High, p4Low);
  }
  if (at + 4 <= length) {
    const h = high, l = low;
    set(0, input.readUInt32LE(at));
    multiply(p1High, p1Low);
    xor(h, l);
    rotate(23);
    multiply(p2High, p2Low);
    add(p3High, p3Low);
    at += 4;
  }
  for (; at < length; at++) {
    const h = high, l = low;
    set(0, input[at] ?? 0);
    multiply(p5High, p5Low);
    xor(h, l);
    rotate(11);
    multiply(p1High, p1Low);
  }
  xorShift(33);
  multiply(p2High, p2Low);
  xorShift(29);
  multiply(p3High, p3Low);
  xorShift(32);
  const out = Buffer.allocUnsafe(8);
  out.writeUInt32LE(low, 0);
  out.writeUInt32LE(high, 4);
  return out;
}

/** Four lanes over whole stripes of 32 bytes, then their merger; returns where the stripes ended. */
function hashStripes(input: Buffer): number {
  set(p1High, p1Low);
  add(p2High, p2Low);
  const lanes = new Uint32Array([high, low, p2High, p2Low, 0, 0, 0, 0]);
  set(~p1High >>> 0, ~p1Low >>> 0);
  add(0, 1);
  lanes[6] = high;
  lanes[7] = low;
  let at = 0;
  for (; at + 32 <= input.length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      set(input.readUInt32LE(at + lane * 8 + 4), input.readUInt32LE(at + lane * 8));
      multiply(p2High, p2Low);
      add(lanes[lane * 2] ?? 0, lanes[lane * 2 + 1] ?? 0);
      rotate(31);
      multiply(p1High, p1Low);
      lanes[lane * 2] = high;
      lanes[lane * 2 + 1] = low;
    }
  }
  let sumHigh = 0;
  let sumLow = 0;
  for (const [lane, by] of [[0, 1], [1, 7], [2, 12], [3, 18]] as const) {
    set(lanes[lane * 2] ?? 0, lanes[lane * 2 + 1] ?? 0);
    rotate(by);
    add(sumHigh, sumLow);
    sumHigh = high;
    sumLow = low;
  }
  for (let lane = 0; lane < 4; lane++) {
    scramble(lanes[lane * 2] ?? 0, lanes[lane * 2 + 1] ?? 0);
    xor(sumHigh, sumLow);
    multiply(p1High, p1Low);
    add(p4High, p4Low);
    sumHigh = high;
    sumLow = low;
  }
  return at;
}

/** One round on an empty accumulator. */
function scramble(h: number, l: number): void {
  set(h, l);
  multiply(p2High, p2Low);
  rotate(31);
  multiply(p1High, p1Low);
}

function set(h: number, l: number): void {
  high = h;
  low = l;
}

function xor(h: number, l: number): void {
  high = (high ^ h) >>> 0;
  low = (low ^ l) >>> 0;
}

function add(h: number, l: number): void {
  const sum = low + l;
  high = (high + h + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  low = sum >>> 0;
}

/** By halves of 16 bits: no partial sum reaches 2^32. */
function multiply(h: number, l: number): void {
  const a = low >>> 16, b = low & 0xffff, c = l >>> 16, d = l & 0xffff;
  const bottom = b * d;
  const middle = a * d + (bottom >>> 16);
  const carried = b * c + (middle & 0xffff);
  const top = Math.imul(a, c) + (middle >>> 16) + (carried >>> 16);
  high = (top + Math.imul(high, l) + Math.imul(low, h)) >>> 0;
  low = ((carried << 16) | (bottom & 0xffff)) >>> 0;
}

/** Left, by 1 to 31. */
function rotate(by: number): void {
  const h = high;
  high = ((high << by) | (low >>> (32 - by))) >>> 0;
  low = ((low << by) | (h >>> (32 - by))) >>> 0;
}

/** `x ^= x >>> by`, by 1 to 63. */
function xorShift(by: number): void {
  if (by >= 32) {
    low = (low ^ (high >>> (by - 32))) >>> 0;
    return;
  }
  const h = high;
  high = (high ^ (high >>> by)) >>> 0;
  low = (low ^ ((low >>> by) | (h << (32 - by)))) >>> 0;
}

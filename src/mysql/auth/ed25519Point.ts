import { createHash } from 'node:crypto';

/**
 * The public key of MariaDB's ed25519 plugin. It hashes the password itself (of any length) to the secret scalar where RFC 8032 takes a 32-byte
 * seed, so the platform's key functions cannot derive it; signatures are ordinary. Curve and formulas: RFC 8032, 5.1. Runs once a password, not per login;
 * not in constant time, which only this process could observe.
 */
export function ed25519PublicKeyOf(password: Buffer): Buffer {
  const hash = createHash('sha512').update(password).digest().subarray(0, 32);
  hash[0] = (hash[0] as number) & 248;
  hash[31] = ((hash[31] as number) & 127) | 64;
  return encode(multiply(BASE, littleEndian(hash)));
}

const P = (1n << 255n) - 19n;
const D = mod(-121665n * inverse(121666n));

interface Point { readonly x: bigint; readonly y: bigint; readonly z: bigint; readonly t: bigint }

const BASE_Y = mod(4n * inverse(5n));
const BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
const BASE: Point = { x: BASE_X, y: BASE_Y, z: 1n, t: mod(BASE_X * BASE_Y) };
const ZERO: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

function mod(a: bigint): bigint {
  const r = a % P;
  return r < 0n ? r + P : r;
}

/** By Fermat. */
function inverse(a: bigint): bigint {
  let result = 1n;
  let base = mod(a);
  for (let e = P - 2n; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

/** Extended homogeneous coordinates, RFC 8032 5.1.4. */
function add(p: Point, q: Point): Point {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * p.t * q.t * D);
  const d = mod(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function multiply(point: Point, scalar: bigint): Point {
  let result = ZERO;
  let base = point;
  for (let k = scalar; k > 0n; k >>= 1n) {
    if ((k & 1n) === 1n) result = add(result, base);
    base = add(base, base);
  }
  return result;
}

function littleEndian(bytes: Buffer): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

function encode(p: Point): Buffer {
  const z = inverse(p.z);
  const x = mod(p.x * z);
  let y = mod(p.y * z) | ((x & 1n) << 255n);
  const out = Buffer.alloc(32);
  for (let i = 0; i < 32; i++) {
    out[i] = Number(y & 0xffn);
    y >>= 8n;
  }
  return out;
}

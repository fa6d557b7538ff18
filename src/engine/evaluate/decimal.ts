/** An exact decimal: `unscaled` / 10^`scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits after the point, 0 to 30 in what MySQL sends; more only between steps. */
  readonly scale: number;
}

const decimalText = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;

/** Undefined when the text is no decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  const m = decimalText.exec(text);
  if (m === null) return undefined;
  const whole = m[2] ?? '';
  const fraction = m[3] ?? '';
  if (whole === '' && fraction === '') return undefined;
  const exponent = m[4] === undefined ? 0 : Number(m[4]);
  if (Math.abs(exponent) > 400) return undefined;
  let unscaled = BigInt(`${whole}${fraction}` || '0');
  if (m[1] === '-') unscaled = -unscaled;
  const scale = fraction.length - exponent;
  return scale < 0 ? { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 } : { unscaled, scale };
}

export function formatDecimal({ unscaled, scale }: Decimal): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

export function rescale(d: Decimal, scale: number): Decimal {
  if (scale === d.scale) return d;
  if (scale > d.scale) return { unscaled: d.unscaled * 10n ** BigInt(scale - d.scale), scale };
  return { unscaled: roundedDivide(d.unscaled, 10n ** BigInt(d.scale - scale)), scale };
}

/** Half away from zero, as MySQL rounds decimals. */
function roundedDivide(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n;
  const n = a < 0n ? -a : a;
  const d = b < 0n ? -b : b;
  const quotient = (n * 2n + d) / (d * 2n);
  return negative ? -quotient : quotient;
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: rescale(a, scale).unscaled + rescale(b, scale).unscaled, scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  const product = { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
  return product.scale > maxScale ? rescale(product, maxScale) : product;
}

const maxScale = 30;

/**
 * MySQL's division: `div_precision_increment` (4) more digits than the dividend has, undefined for a zero divisor.
 */
export function divideDecimals(a: Decimal, b: Decimal, increment = 4): Decimal | undefined {
  if (b.unscaled === 0n) return undefined;
  const scale = Math.min(a.scale + increment, maxScale);
  const shift = scale - a.scale + b.scale;
  const numerator = shift >= 0 ? a.unscaled * 10n ** BigInt(shift) : a.unscaled / 10n ** BigInt(-shift);
  return { unscaled: roundedDivide(numerator, b.unscaled), scale };
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const x = rescale(a, scale).unscaled;
  const y = rescale(b, scale).unscaled;
  return x < y ? -1 : x > y ? 1 : 0;
}

/**
 * A float or double as the text protocol prints it: the shortest digits that give the value back, in MySQL's layout.
 * MySQL prints up to 6 significant digits for FLOAT (FLT_DIG) and the shortest exact form, at most 17 digits, for DOUBLE; exponents without
 * `+` and padding (`1e20`), used from 10^15 on and below 10^-15. `decimals` below 31 is a fixed number of digits (columns declared so).
 */
export function floatText(value: number, single: boolean, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (decimals < 31) return value.toFixed(decimals);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const shortest = single ? Number(value.toPrecision(6)) : value;
  const magnitude = Math.abs(shortest);
  const exponential = shortest.toExponential();
  const [digits = '', exponent = '0'] = exponential.split('e');
  if (magnitude >= 1e15 || magnitude < 1e-15) return `${digits}e${Number(exponent)}`;
  if (magnitude < 1e-6) return plainSmall(digits, Number(exponent));
  return String(shortest);
}

/** JavaScript turns to exponents below 10^-6; MySQL does not until 10^-15. */
function plainSmall(digits: string, exponent: number): string {
  const negative = digits.startsWith('-');
  const bare = digits.replace('-', '').replace('.', '');
  return `${negative ? '-' : ''}0.${'0'.repeat(-exponent - 1)}${bare}`;
}

import { VtrewindError } from './errors.ts';

/** Microseconds since the Unix epoch, UTC. All time inside vtrewind; RFC 3339 only at the edges. Exact below 2^53 (year 2255). */
export type Micros = number;

/** Now, at the resolution of the host's clock (Node gives fractions of a millisecond). */
export function nowMicros(): Micros {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|z|[+-]\d{2}:\d{2})$/;

/**
 * RFC 3339 with a zone, to the microsecond; digits beyond are refused rather than rounded (a cut must be exact).
 * Throws VTR0101 (MySQL 1525) when malformed, out of range, or without a zone.
 */
export function parseMicros(text: string): Micros {
  const m = rfc3339.exec(text);
  const bad = (why: string) =>
    new VtrewindError({
      code: 'VTR0101', mysql: 1525, grpc: 'INVALID_ARGUMENT',
      message: `incorrect time '${text}': ${why}`,
      hint: 'give RFC 3339 with a zone, for example 2026-07-17T18:25:20.250000Z',
    });
  if (!m) throw bad('not RFC 3339 with a zone');
  const fraction = m[7] ?? '';
  if (/[1-9]/.test(fraction.slice(6))) throw bad('finer than a microsecond');
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(utc);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59 || year < 1970) {
    throw bad('no such moment');
  }
  let offsetMinutes = 0;
  const zone = m[8] ?? 'Z';
  if (zone !== 'Z' && zone !== 'z') {
    const hours = Number(zone.slice(1, 3));
    const minutes = Number(zone.slice(4, 6));
    if (hours > 23 || minutes > 59) throw bad('no such zone');
    offsetMinutes = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
  }
  return (utc - offsetMinutes * 60_000) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** RFC 3339 in UTC; the fraction has six digits, or none when it is zero. */
export function formatMicros(at: Micros): string {
  const seconds = Math.floor(at / 1_000_000);
  const fraction = at - seconds * 1_000_000;
  const head = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === 0 ? `${head}Z` : `${head}.${String(fraction).padStart(6, '0')}Z`;
}

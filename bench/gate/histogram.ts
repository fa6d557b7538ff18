/** Counts of latencies up to `upToUs`, ascending. */
export interface Bucket {
  readonly upToUs: number;
  readonly count: number;
}

/** The upper bound of the bucket that holds this share (0 to 1) of all; 0 when there is none. */
export function percentile(buckets: readonly Bucket[], share: number): number {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { upToUs, count } of buckets) {
    seen += count;
    if (seen >= total * share && total > 0) return upToUs;
  }
  return 0;
}

/** Buckets that grow by a fiftieth, from 1 µs to a minute. */
export class Histogram {
  readonly #counts = new Uint32Array(1000);

  add(us: number): void {
    const at = Math.min(this.#counts.length - 1, Math.max(0, Math.ceil(Math.log(Math.max(1, us)) / STEP)));
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  buckets(): Bucket[] {
    return [...this.#counts].map((count, at) => ({ upToUs: Math.exp(at * STEP), count })).filter(({ count }) => count > 0);
  }
}

const STEP = Math.log(1.02);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

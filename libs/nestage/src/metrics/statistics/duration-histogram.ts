/** Figures of a set of durations, in milliseconds. @publicApi */
export interface DurationStatistics {
  readonly avg: number;
  readonly max: number;
  readonly min: number;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A histogram on its way between processes. @internal */
export interface DurationData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Index of a bucket and how many are in it, of those that hold any. */
  readonly buckets: readonly (readonly [index: number, times: number])[];
}

/** Half the relative width of a bucket: how far a percentile may be off. @internal */
export const RELATIVE_ERROR = 0.02;

/** Durations up to this are told apart by nothing but `min` and `avg`. @internal */
export const SMALLEST_MS = 0.01;

const LARGEST_MS = 10_000_000;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
const BUCKETS = Math.ceil(Math.log(LARGEST_MS / SMALLEST_MS) / LOG_GAMMA) + 1;

/**
 * Durations counted in buckets whose bounds grow by a constant factor, in some 2 kB whatever is recorded. Count, minimum, maximum and
 * average are exact. A percentile is the value of rank `ceil(p * count)`, off by at most 2 % or 0.01 ms, whichever is more; beyond
 * 2.7 hours it is told as the maximum.
 * @see https://www.vldb.org/pvldb/vol12/p2195-masson.pdf (DDSketch)
 * @internal
 */
export class DurationHistogram {
  private readonly buckets = new Uint32Array(BUCKETS);
  private count = 0;
  private sum = 0;
  private min = Infinity;
  private max = -Infinity;

  /** @param bucket saves the search to who records into several */
  record(durationMs: number, bucket = bucketOf(durationMs)): void {
    this.buckets[bucket]++;
    this.count++;
    this.sum += durationMs;
    if (durationMs < this.min) this.min = durationMs;
    if (durationMs > this.max) this.max = durationMs;
  }

  add(other: DurationHistogram): void {
    if (other.count === 0) return;
    for (let index = 0; index < BUCKETS; index++) this.buckets[index] += other.buckets[index];
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  reset(): void {
    this.buckets.fill(0);
    this.count = 0;
    this.sum = 0;
    this.min = Infinity;
    this.max = -Infinity;
  }

  /** For another process; `undefined` when nothing was recorded. */
  data(): DurationData | undefined {
    const { count, sum, min, max } = this;
    if (count === 0) return undefined;
    const buckets: [number, number][] = [];
    for (let index = 0; index < BUCKETS; index++) if (this.buckets[index] > 0) buckets.push([index, this.buckets[index]]);
    return { count, sum, min, max, buckets };
  }

  /** Adds what another process recorded. */
  addData({ count, sum, min, max, buckets }: DurationData): void {
    for (const [index, times] of buckets) this.buckets[index] += times;
    this.count += count;
    this.sum += sum;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  /** All zero when nothing was recorded. */
  statistics(): DurationStatistics {
    const { count, sum, min, max } = this;
    if (count === 0) return { avg: 0, max: 0, min: 0, count: 0, p50: 0, p95: 0, p99: 0 };
    const [p50, p95, p99] = this.percentiles([0.5, 0.95, 0.99]);
    return { avg: sum / count, max, min, count, p50, p95, p99 };
  }

  /** @param shares ascending */
  private percentiles(shares: readonly number[]): number[] {
    const results: number[] = [];
    let [index, seen] = [0, this.buckets[0]];
    for (const share of shares) {
      const rank = Math.ceil(share * this.count);
      while (seen < rank) seen += this.buckets[++index];
      results.push(Math.min(this.max, Math.max(this.min, valueOf(index))));
    }
    return results;
  }
}

/** Index of the bucket that a duration falls into. @internal */
export function bucketOf(durationMs: number): number {
  if (durationMs <= SMALLEST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(durationMs / SMALLEST_MS) / LOG_GAMMA));
}

/** The value that is off from both bounds of its bucket by the same share. */
function valueOf(bucket: number): number {
  if (bucket === 0) return SMALLEST_MS;
  return bucket === BUCKETS - 1 ? Infinity : (SMALLEST_MS * 2 * GAMMA ** bucket) / (GAMMA + 1);
}

const SMALLEST_MS = 0.05;
const GROWTH = Math.log(1.15);
const BUCKETS = 160;

/** Durations in buckets that grow by 15 %, whose counts may fade: for "p95 has moved", not for exact figures. @internal */
export class DecayingHistogram {
  private readonly counts = new Float64Array(BUCKETS);

  record(durationMs: number): void {
    const bucket = durationMs <= SMALLEST_MS ? 0 : Math.ceil(Math.log(durationMs / SMALLEST_MS) / GROWTH);
    this.counts[Math.min(BUCKETS - 1, bucket)] += 1;
  }

  /** Keeps `share` of what it holds, and adds another. */
  fade(share: number, other: DecayingHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) this.counts[bucket] = this.counts[bucket] * share + other.counts[bucket];
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  quantile(q: number): number {
    let left = this.total * q;
    const bucket = this.counts.findIndex((count) => (left -= count) <= 0);
    return bucket <= 0 ? 0 : SMALLEST_MS * Math.exp(GROWTH * (bucket - 0.5));
  }
}

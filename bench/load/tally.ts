import { percentile } from '../harness/statistics.js';
import type { LatencySummary, LoadResult } from './load.types.js';

/** Counts how requests end. */
export class Tally {
  sent = 0;
  lost = 0;
  late = 0;
  private readonly statuses: Record<string, number> = {};
  private readonly latencies: number[] = [];
  private readonly firstBytes: number[] = [];

  /** @param latencyMs to the end of the answer; @param firstByteMs to the begin of its body */
  answered(status: number, latencyMs: number, firstByteMs: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    if (status !== 200) return;
    this.latencies.push(latencyMs);
    this.firstBytes.push(firstByteMs);
  }

  result(durationMs: number): LoadResult {
    const { sent, lost, late, statuses } = this;
    return { durationMs, sent, statuses, lost, late, latencyMs: summarise(this.latencies), firstByteMs: summarise(this.firstBytes) };
  }
}

function summarise(values: readonly number[]): LatencySummary {
  const sorted = Float64Array.from(values).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) };
}

import { type DurationData, DurationHistogram, type DurationStatistics } from './duration-histogram.js';

/** Durations by name that a process has recorded; names of which there are none have no data. @internal */
export interface PerformanceSnapshot {
  readonly sinceStart: Readonly<Record<string, DurationData | undefined>>;
  readonly window: Readonly<Record<string, DurationData | undefined>>;
}

/** Statistics over several processes, by name: exact but for the percentiles, which are as good as those of one. @internal */
export function mergeDurations(parts: readonly PerformanceSnapshot['sinceStart'][]): Record<string, DurationStatistics> {
  return Object.fromEntries([...histogramsOf(parts)].map(([name, histogram]) => [name, histogram.statistics()]));
}

/** What is left of processes that have ended: durations since their start, and none of the sliding window. @internal */
export function sumPerformance(parts: readonly PerformanceSnapshot[]): PerformanceSnapshot {
  const all = histogramsOf(parts.map(({ sinceStart }) => sinceStart));
  return { sinceStart: Object.fromEntries([...all].map(([name, histogram]) => [name, histogram.data()])), window: {} };
}

function histogramsOf(parts: readonly PerformanceSnapshot['sinceStart'][]): Map<string, DurationHistogram> {
  const all = new Map<string, DurationHistogram>();
  for (const [name, data] of parts.flatMap((part) => Object.entries(part))) {
    const histogram = all.get(name) ?? new DurationHistogram();
    if (data) histogram.addData(data);
    all.set(name, histogram);
  }
  return all;
}

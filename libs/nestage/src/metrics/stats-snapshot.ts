import type { GroupAnswer } from '../core/processes/process-group.js';
import type { DurationStatistics } from './duration-histogram.js';
import { ERROR_PERIODS, type ErrorCounts, type ErrorPeriod } from './error-monitor.js';
import type { EventLoopUsage } from './event-loop-monitor.js';
import { mergeDurations, type PerformanceSnapshot, sumPerformance } from './performance-snapshot.js';

/** Topic of the figures of `/stats` among processes. @internal */
export const STATS_TOPIC = 'stats';

/** What a process that lives adds to durations. @internal */
export interface ProcessStats {
  readonly uptimeSeconds: number;
  readonly requestsInFlight: number;
  readonly errors: Record<ErrorPeriod, ErrorCounts>;
  readonly eventLoop: EventLoopUsage;
  /** Counts of shared results, by path. */
  readonly cache: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** @internal */
export interface StatsSnapshot {
  readonly performance: PerformanceSnapshot;
  /** Absent in what processes that have ended leave behind. */
  readonly process?: ProcessStats;
}

/** The figures of all processes as one. @internal */
export interface GroupStats extends Omit<ProcessStats, 'uptimeSeconds'> {
  readonly sinceStart: Record<string, DurationStatistics>;
  readonly window: Record<string, DurationStatistics>;
}

/** What is left of processes that have ended. @internal */
export function sumStats(parts: readonly unknown[]): StatsSnapshot {
  return { performance: sumPerformance((parts as readonly StatsSnapshot[]).map(({ performance }) => performance)) };
}

/**
 * Counts are sums and percentiles those of all durations together; of event loops the delay is that of the worst, the rest the mean.
 * @internal
 */
export function mergeStats({ processes: all, ended }: GroupAnswer<StatsSnapshot>): GroupStats {
  const parts = [...all.map(({ value }) => value), ended].filter((part) => part !== undefined);
  const processes = parts.map(({ process }) => process).filter((part) => part !== undefined);
  return {
    requestsInFlight: processes.reduce((sum, { requestsInFlight }) => sum + requestsInFlight, 0),
    sinceStart: mergeDurations(parts.map(({ performance }) => performance.sinceStart)),
    window: mergeDurations(parts.map(({ performance }) => performance.window)),
    errors: mergeErrors(processes.map(({ errors }) => errors)),
    eventLoop: {
      meanDelayMs: mean(processes.map(({ eventLoop }) => eventLoop.meanDelayMs)),
      maxDelayMs: Math.max(0, ...processes.map(({ eventLoop }) => eventLoop.maxDelayMs)),
      utilization: mean(processes.map(({ eventLoop }) => eventLoop.utilization)),
    },
    cache: mergeCache(processes.map(({ cache }) => cache)),
  };
}

function mergeErrors(parts: readonly Record<ErrorPeriod, ErrorCounts>[]): Record<ErrorPeriod, ErrorCounts> {
  const [lastMinute, lastHour, lastDay] = ERROR_PERIODS.map((period) => {
    const counts = parts.map((part) => part[period]);
    return {
      total: counts.reduce((sum, { total }) => sum + total, 0),
      byTier: sumsByKey(counts.map(({ byTier }) => byTier)),
      byCode: sumsByKey(counts.map(({ byCode }) => byCode)),
      byHandler: sumsByKey(counts.map(({ byHandler }) => byHandler)) as Record<string, number>,
    };
  });
  return { lastMinute, lastHour, lastDay };
}

function mergeCache(parts: readonly ProcessStats['cache'][]): ProcessStats['cache'] {
  const paths = new Set(parts.flatMap((part) => Object.keys(part)));
  return Object.fromEntries([...paths].map((path) => [path, sumsByKey(parts.map((part) => part[path] ?? {})) as Record<string, number>]));
}

function sumsByKey<K extends string>(parts: readonly Partial<Record<K, number>>[]): Partial<Record<K, number>> {
  const sums = new Map<string, number>();
  for (const [key, count] of parts.flatMap((part) => Object.entries<number | undefined>(part)))
    sums.set(key, (sums.get(key) ?? 0) + (count ?? 0));
  return Object.fromEntries(sums) as Partial<Record<K, number>>;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

import type { ErrorTier } from '../../core/errors/error-catalogue.js';
import type { GroupAnswer } from '../../core/processes/process-group.js';
import type { DurationStatistics } from './duration-histogram.js';
import { ERROR_PERIODS, type ErrorCounts, type ErrorPeriod } from './error-monitor.js';
import type { EventLoopUsage } from './event-loop-monitor.js';
import { mergeDurations, type PerformanceSnapshot, sumPerformance } from './performance-snapshot.js';
import type { RecentError } from '../records/recent-errors.js';
import { mergeRoutes, type RouteStats } from './route-stats.js';

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
  readonly routes: readonly RouteStats[];
  /** Counts and gauges of worker threads, by pool. */
  readonly workers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The newest first. */
  readonly recentErrors: readonly RecentError[];
  readonly recentAlerts: readonly RecentAlert[];
}

/** An alert as it was handed to the sinks, in short. @publicApi */
export interface RecentAlert {
  /** ISO 8601. */
  readonly at: string;
  readonly id: string;
  readonly state: 'firing' | 'recovered';
  readonly rule: string;
  readonly tier: ErrorTier;
  readonly handler: string | undefined;
  readonly count: number;
  readonly message: string;
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
    cache: sumsByName(processes.map(({ cache }) => cache)),
    routes: mergeRoutes(processes.map(({ routes }) => routes)),
    workers: sumsByName(processes.map(({ workers }) => workers)),
    recentErrors: newestFirst(processes.map(({ recentErrors }) => recentErrors)),
    recentAlerts: newestFirst(processes.map(({ recentAlerts }) => recentAlerts)),
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

function sumsByName(parts: readonly ProcessStats['cache'][]): ProcessStats['cache'] {
  const names = new Set(parts.flatMap((part) => Object.keys(part)));
  return Object.fromEntries([...names].map((name) => [name, sumsByKey(parts.map((part) => part[name] ?? {})) as Record<string, number>]));
}

function newestFirst<T extends { readonly at: string }>(parts: readonly (readonly T[])[]): readonly T[] {
  return parts.flat().sort((one, other) => (one.at < other.at ? 1 : -1));
}

function sumsByKey<K extends string>(parts: readonly Partial<Record<K, number>>[]): Partial<Record<K, number>> {
  const sums = new Map<string, number>();
  for (const [key, count] of parts.flatMap((part) => Object.entries<number | undefined>(part)))
    sums.set(key, (sums.get(key) ?? 0) + (count ?? 0));
  return Object.fromEntries(sums) as Partial<Record<K, number>>;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

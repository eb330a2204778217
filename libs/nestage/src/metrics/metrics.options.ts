import { array, checkOptions, either, integer, object, oneOf, type OptionCheck, typed } from '../common/option-checks.js';
import { minutes } from '../common/duration.js';
import type { BuiltInRoute, WebServiceOptions } from '../core/options/web-service.options.js';

/** Options of the figures in `/stats`. @publicApi */
export interface StatsOptions {
  /** @default '/stats' */
  readonly path?: string;
  /** Length of the sliding window of durations. @default 5 minutes */
  readonly windowMs?: number;
  /** Names of durations kept apart, about 24 kB each; further ones are counted as `other`. @default 256 */
  readonly maxNames?: number;
}

/** Options of the Prometheus endpoint. @publicApi */
export interface MetricsOptions {
  /** @default '/metrics' */
  readonly path?: string;
  /** Upper bounds of the histograms' buckets in seconds, ascending. @default 5 ms to 2 minutes in 14 steps */
  readonly bucketsSeconds?: readonly number[];
}

/** Options of the records of single requests. @publicApi */
export interface RequestRecordOptions {
  /** Requests kept, about 1 kB each. @default 1000 */
  readonly size?: number;
  /** A record is at `<path>/<log id>`. @default '/requests' */
  readonly path?: string;
}

declare module '../core/options/web-service.options.js' {
  interface WebServiceOptions {
    /** `GET /stats`: durations by handler and stage, and errors. `false` takes the route away, not the figures. */
    readonly stats?: StatsOptions | false;
    /** `GET /metrics` for Prometheus. `false` keeps no such metrics at all. */
    readonly metrics?: MetricsOptions | false;
    /** The last requests with their stages' times, by log id. `false` keeps none. */
    readonly records?: RequestRecordOptions | false;
    /** Tells clients how long the stages took, in a `Server-Timing` header of replies that are not streams. @default false */
    readonly serverTiming?: boolean;
    /** Spans by OpenTelemetry; costs nothing until an SDK is registered. @default true */
    readonly tracing?: boolean;
  }
}

/** The options of this room with every default filled. @internal */
export interface ResolvedMetricsOptions {
  readonly stats: { readonly route: BuiltInRoute; readonly windowMs: number; readonly maxNames: number };
  readonly metrics: { readonly route: BuiltInRoute; readonly bucketsSeconds: readonly number[] };
  readonly records: { readonly route: BuiltInRoute; readonly size: number };
  readonly serverTiming: boolean;
  readonly tracing: boolean;
}

/** DI token of the options of this room. @internal */
export const RESOLVED_METRICS_OPTIONS = Symbol('nestage:metrics-options');

const PLACE = 'WebServiceModule.forRoot()';
const optional = either(object, oneOf(false));
const path: OptionCheck = { describe: 'a path with a leading slash', accepts: (value) => typeof value === 'string' && /^\/./.test(value) };
const ascending: OptionCheck = {
  describe: 'an array of at least one positive number, ascending',
  accepts: (value) => array.accepts(value) && isAscending(value as readonly unknown[]),
};

/** Rules for the keys that this room adds to `forRoot`. @internal */
export const METRICS_CHECKS: Readonly<Record<string, OptionCheck>> = {
  stats: optional,
  metrics: optional,
  records: optional,
  serverTiming: typed('boolean'),
  tracing: typed('boolean'),
};

const DEFAULT_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

/** @throws OptionError @internal */
export function resolveMetricsOptions(given: WebServiceOptions): ResolvedMetricsOptions {
  checkOptions(pick(given, Object.keys(METRICS_CHECKS)), METRICS_CHECKS, PLACE);
  const [stats, metrics, records] = [given.stats || {}, given.metrics || {}, given.records || {}];
  checkOptions(stats, { path, windowMs: integer(10), maxNames: integer(1) }, PLACE, 'stats.');
  checkOptions(metrics, { path, bucketsSeconds: ascending }, PLACE, 'metrics.');
  checkOptions(records, { path, size: integer(1, 1_000_000) }, PLACE, 'records.');
  return {
    stats: {
      route: given.stats !== false && { path: stats.path ?? '/stats' },
      windowMs: stats.windowMs ?? minutes(5),
      maxNames: stats.maxNames ?? 256,
    },
    metrics: {
      route: given.metrics !== false && { path: metrics.path ?? '/metrics' },
      bucketsSeconds: metrics.bucketsSeconds ?? DEFAULT_BUCKETS_SECONDS,
    },
    records: { route: given.records !== false && { path: records.path ?? '/requests' }, size: records.size ?? 1000 },
    serverTiming: given.serverTiming ?? false,
    tracing: given.tracing ?? true,
  };
}

function pick(given: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(given).filter(([key]) => keys.includes(key)));
}

function isAscending(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every((value, index) => Number.isFinite(value) && (value as number) > Number(values[index - 1] ?? 0));
}

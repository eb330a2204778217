import { either, fields, integer, object, oneOf, type OptionCheck, typed } from '../common/option-checks.js';
import { megabytes } from '../common/size.js';
import type { StageContext } from '../core/context/stage-context.js';

/**
 * Which requests share a result: 'client' those with the same input and the same credentials (`authorization`, `x-api-key`, `cookie`), 'input'
 * those with the same input, whoever sends them, a function those that it gives the same text for; `undefined` shares that request with nobody.
 * @publicApi
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever this handler's `run` takes, which an option can't know
export type ShareKey = 'client' | 'input' | ((input: any, context: StageContext) => string | undefined);

/** How requests that are alike share one `run` while it runs. @publicApi */
export interface CoalesceOptions {
  /** Which requests are alike. @default 'client' */
  readonly key?: ShareKey;
  /**
   * Bytes of a stream kept while it runs, for those who join it late or read it slowly. Past them nobody joins any more, the stream is not
   * kept in the cache, and whoever reads it so far behind the fastest is cut off. @default 1 MB
   */
  readonly maxReplayBytes?: number;
}

/** How results of `run` are kept for requests that come later. @publicApi */
export interface CacheOptions {
  /** How long a result is given again, in milliseconds. */
  readonly ttlMs: number;
  /** Results kept; the one that was not asked for the longest makes room. @default 1000 */
  readonly maxEntries?: number;
  /** What all of them may weigh by `sizeOf`; a result that weighs more is not kept. @default 64 MB */
  readonly maxBytes?: number;
  /** Which requests are alike; the same as in `coalesce`, if it is given there, too. @default 'client' */
  readonly key?: ShareKey;
  /** What a result weighs, in bytes; of a stream asked for each item. @default a rough estimate */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever this handler's `run` gives
  readonly sizeOf?: (result: any) => number;
}

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Whether requests that are alike share one `run` while it runs. @default off; on with `cache` */
    readonly coalesce?: boolean | CoalesceOptions;
    /** Keeps results of `run` for requests that come later. Errors and answers of fallbacks are never kept. @default off */
    readonly cache?: false | CacheOptions;
  }
}

/** @internal */
export interface ResolvedCacheOptions extends Required<Omit<CacheOptions, 'key' | 'sizeOf'>> {
  readonly sizeOf: ((result: unknown) => number) | undefined;
}

/** @internal */
export interface ResolvedCachingOptions {
  readonly isCoalesced: boolean;
  readonly key: ShareKey;
  readonly maxReplayBytes: number;
  readonly cache: ResolvedCacheOptions | undefined;
}

const key: OptionCheck = either(oneOf('client', 'input'), typed('function'));

const cache: OptionCheck = {
  describe: 'false or an object with ttlMs',
  accepts: (value) => value === false || (object.accepts(value) && (value as Partial<CacheOptions>).ttlMs !== undefined),
  fields: { ttlMs: integer(1), maxEntries: integer(1, 10_000_000), maxBytes: integer(1), key, sizeOf: typed('function') },
};

/** @internal */
export const CACHING_CHECKS: Readonly<Record<string, OptionCheck>> = {
  coalesce: either(typed('boolean'), fields({ key, maxReplayBytes: integer(0) })),
  cache,
};

/** @returns `undefined` for a route that shares nothing @internal */
export function resolveCachingOptions({
  coalesce,
  cache: kept = false,
}: {
  readonly coalesce?: boolean | CoalesceOptions;
  readonly cache?: false | CacheOptions;
}): ResolvedCachingOptions | undefined {
  const isCoalesced = (coalesce ?? kept) !== false;
  if (!isCoalesced && !kept) return undefined;
  const shared = typeof coalesce === 'object' ? coalesce : {};
  return {
    isCoalesced,
    key: shared.key ?? (kept ? kept.key : undefined) ?? 'client',
    maxReplayBytes: shared.maxReplayBytes ?? megabytes(1),
    cache: kept
      ? { ttlMs: kept.ttlMs, maxEntries: kept.maxEntries ?? 1000, maxBytes: kept.maxBytes ?? megabytes(64), sizeOf: kept.sizeOf }
      : undefined,
  };
}

import type { StageEventOrigin } from './stage-event-origin.js';

/**
 * How a request of a route with `cache` or `coalesce` comes to its result: it is given a kept one, it joins a run that is under way, it begins a
 * run that others may join, or it shares with nobody.
 * @publicApi
 */
export const CACHE_OUTCOMES = ['hit', 'joined', 'miss', 'bypass'] as const;
/** @see CACHE_OUTCOMES @publicApi */
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** A request looked for a result that it may share. @publicApi */
export interface CacheLookupEvent extends StageEventOrigin {
  readonly type: 'cache.lookup';
  readonly outcome: CacheOutcome;
  /** Log id of the request whose `run` made the result or makes it; the request's own but for `hit` and `joined`. */
  readonly runLogId: string;
}

/** A kept result made room for another. @publicApi */
export interface CacheEvictedEvent extends StageEventOrigin {
  readonly type: 'cache.evicted';
}

import { Injectable } from '@nestjs/common';
import type { RouteSharing } from './route-sharing.js';
import { ShareKeys } from './share-keys.js';

/** What became of the requests of a path with `cache` or `coalesce`, and what is kept for it now. @publicApi */
export type ResultCacheStatistics = {
  /** Requests that were given a kept result. */
  readonly hits: number;
  /** Requests that were given the result of a run that was under way when they came. */
  readonly joined: number;
  /** Requests that began a run others could join. */
  readonly misses: number;
  /** Requests that shared with nobody: by their `Cache-Control`, or because their input can't be compared. */
  readonly bypasses: number;
  /** Results that made room for others. */
  readonly evictions: number;
  /** Results kept now, expired ones that nobody has asked for since included. */
  readonly entries: number;
  /** What they weigh. */
  readonly bytes: number;
};

/**
 * The results that routes with `cache` or `coalesce` share, by the path of their route.
 *
 * @example
 * ```ts
 * constructor(private readonly results: ResultCache) {}
 *
 * onModelReplaced() { this.results.clear('/v1/summaries'); }
 * ```
 * @publicApi
 */
@Injectable()
export class ResultCache {
  private readonly byPath = new Map<string, RouteSharing[]>();

  /** @internal */
  add(path: string, sharing: RouteSharing): void {
    this.byPath.set(path, [...(this.byPath.get(path) ?? []), sharing]);
  }

  /** Paths whose requests share results. */
  get paths(): readonly string[] {
    return [...this.byPath.keys()];
  }

  /**
   * Forgets the results of a path, or of all. Runs that are under way answer those who wait for them; nobody else joins them, and what they
   * give is not kept.
   * @returns how many there were
   * @throws Error for a path that shares nothing
   */
  clear(path?: string): number {
    return this.remove(path, () => true);
  }

  /**
   * Forgets the result under a key that the route's own `key` function gives.
   * @returns whether there was one
   * @throws Error for a path that shares nothing
   */
  delete(path: string, key: string): boolean {
    return this.remove(path, (each) => ShareKeys.isOf(key, each)) > 0;
  }

  /** Figures of a path, summed over its methods; `undefined` for one that shares nothing. */
  statisticsOf(path: string): ResultCacheStatistics | undefined {
    const all = this.byPath.get(path);
    const sum = (read: (sharing: RouteSharing) => number): number => (all ?? []).reduce((total, each) => total + read(each), 0);
    return (
      all && {
        hits: sum(({ counts }) => counts.hit),
        joined: sum(({ counts }) => counts.joined),
        misses: sum(({ counts }) => counts.miss),
        bypasses: sum(({ counts }) => counts.bypass),
        evictions: sum(({ counts }) => counts.evicted),
        entries: sum(({ kept }) => kept?.size ?? 0),
        bytes: sum(({ kept }) => kept?.bytes ?? 0),
      }
    );
  }

  /** Figures of every path. */
  statistics(): Readonly<Record<string, ResultCacheStatistics>> {
    return Object.fromEntries(this.paths.map((path) => [path, this.statisticsOf(path) as ResultCacheStatistics]));
  }

  private remove(path: string | undefined, matches: (key: string) => boolean): number {
    const all = path === undefined ? [...this.byPath.values()].flat() : this.byPath.get(path);
    if (!all)
      throw new Error(`No route '${path}' shares results: give its handler "cache" or "coalesce", and name the path as in @StageHandler.`);
    return all.reduce((total, sharing) => total + sharing.remove(matches), 0);
  }
}

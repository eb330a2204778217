import { CACHE_OUTCOMES } from '../../core/pipeline/cache-events.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { MetricsRegistry } from './metrics-registry.js';

/**
 * How requests of routes with `cache` or `coalesce` came to their results. Series of a route exist from its first such request on: few
 * routes have any.
 * @internal
 */
export class CacheMetrics {
  constructor(metrics: MetricsRegistry, events: StageEvents) {
    const requests = metrics.counter({ name: 'nestage_cache_requests_total', help: 'Requests that looked for a result to share.' }, [
      'path',
      'outcome',
    ]);
    const evictions = metrics.counter({ name: 'nestage_cache_evictions_total', help: 'Kept results that made room for others.' }, ['path']);
    const known = new Set<string>();
    events.on(({ route: path }) => evictions.inc({ path }), ['cache.evicted']);
    events.on(
      ({ route: path, outcome }) => {
        if (!known.has(path)) {
          known.add(path);
          for (const each of CACHE_OUTCOMES) requests.inc({ path, outcome: each }, 0);
          evictions.inc({ path }, 0);
        }
        requests.inc({ path, outcome });
      },
      ['cache.lookup'],
    );
  }
}

import type { Clock } from '../common/clock.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { routeLabel, type StageRoute } from '../core/discovery/stage-route.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { OptionClaims } from '../core/options/option-claims.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import type { StageAround, StageMiddleware } from '../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { CACHING_CHECKS, resolveCachingOptions } from './caching.options.js';
import type { ResultCache } from './result-cache.js';
import { RouteSharing } from './route-sharing.js';

/** @internal */
export interface CachingMiddlewareInit {
  readonly plugins: StagePlugins;
  readonly claims: OptionClaims;
  readonly runtime: StageRuntime;
  readonly events: StageEvents;
  readonly results: ResultCache;
  readonly clock: Clock;
}

/**
 * Answers requests that are alike from one `run`. It stands outside of the breaker and the admission: a result that is at hand costs no
 * permit, and those who wait for another's run hold none.
 * @internal
 */
export class CachingMiddleware implements StageMiddleware {
  readonly slot = 'cache';
  private readonly byRoute = new Map<StageRoute, RouteSharing>();
  private readonly degraded = new WeakSet<StageContext>();

  constructor(private readonly init: CachingMiddlewareInit) {
    init.claims.claim({ handler: CACHING_CHECKS });
    init.events.on(({ context }) => context && this.degraded.add(context), ['degraded']);
    init.plugins.use(this);
  }

  /** @throws StartFaultError naming what can't be shared */
  onModuleInit(): void {
    const faults = this.init.runtime.routes.flatMap((found) => faultsOf(found));
    if (faults.length > 0) throw new StartFaultError(faults);
  }

  /** Figures are there before the first request. */
  onApplicationBootstrap(): void {
    for (const { route } of this.init.runtime.routes) this.sharingOf(route);
  }

  attach(route: StageRoute): StageAround | undefined {
    const sharing = this.sharingOf(route);
    return sharing && ((call, next) => sharing.answer(call, next));
  }

  private sharingOf(route: StageRoute): RouteSharing | undefined {
    const options = resolveCachingOptions(route.options);
    const known = this.byRoute.get(route);
    if (known || !options) return known;
    const { events, clock, results } = this.init;
    const sharing = new RouteSharing({ route, options, events, clock, isDegraded: (context) => this.degraded.has(context) });
    this.byRoute.set(route, sharing);
    results.add(route.path, sharing);
    return sharing;
  }
}

function faultsOf({ route, type, wrapper }: FoundRoute): string[] {
  const options = resolveCachingOptions(route.options);
  if (!options) return [];
  const { coalesce, cache } = route.options;
  const label = routeLabel(type, route.path);
  const keys = [coalesce, cache].map((given) => (typeof given === 'object' ? given.key : undefined));
  if (keys[0] !== undefined && keys[1] !== undefined && keys[0] !== keys[1])
    return [`${label}: "coalesce.key" and "cache.key" differ: give one of them alone, it holds for both.`];
  if (!wrapper.isDependencyTreeStatic() && typeof options.key !== 'function')
    return [
      `${label} is request-scoped, so its results may depend on more than the input: give "cache" or "coalesce" a function as "key" that ` +
        'tells which of its requests are alike, or set both to false.',
    ];
  return [];
}

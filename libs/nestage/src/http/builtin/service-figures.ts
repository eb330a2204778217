import { Injectable } from '@nestjs/common';
import { RecentAlerts } from '../../alerts/recent-alerts.js';
import { ResultCache } from '../../caching/result-cache.js';
import type { FoundRoute } from '../../core/discovery/stage-explorer.js';
import { versionOf } from '../../core/discovery/stage-route.js';
import type { ErrorTier } from '../../core/errors/error-catalogue.js';
import { StageRuntime } from '../../core/initialize/stage-runtime.js';
import { StageGauges } from '../../core/pipeline/stage-gauges.js';
import { hours } from '../../common/duration.js';
import { ErrorMonitor } from '../../metrics/statistics/error-monitor.js';
import { EventLoopMonitor } from '../../metrics/statistics/event-loop-monitor.js';
import { HandlerRates } from '../../metrics/statistics/handler-rates.js';
import { PerformanceMonitor } from '../../metrics/statistics/performance-monitor.js';
import { RecentErrors } from '../../metrics/records/recent-errors.js';
import type { RouteStats } from '../../metrics/statistics/route-stats.js';
import type { ProcessStats, RecentAlert, StatsSnapshot } from '../../metrics/statistics/stats-snapshot.js';
import { WorkTally } from '../../metrics/statistics/work-tally.js';
import { AdmissionState } from '../../resilience/admission/admission-state.js';
import { ServiceDegrader } from '../../resilience/breaker/service-degrader.js';
import { InFlightRequests } from '../context/in-flight.js';

/**
 * All figures of this process at one moment, gathered from the rooms that keep them.
 * @internal
 */
@Injectable()
export class ServiceFigures {
  constructor(
    private readonly performance: PerformanceMonitor,
    private readonly errors: ErrorMonitor,
    private readonly recentErrors: RecentErrors,
    private readonly recentAlerts: RecentAlerts,
    private readonly eventLoop: EventLoopMonitor,
    private readonly inFlight: InFlightRequests,
    private readonly results: ResultCache,
    private readonly runtime: StageRuntime,
    private readonly admission: AdmissionState,
    private readonly degrader: ServiceDegrader,
    private readonly rates: HandlerRates,
    private readonly work: WorkTally,
    private readonly gauges: StageGauges,
  ) {}

  snapshot(): StatsSnapshot {
    return {
      performance: this.performance.snapshot(),
      process: {
        uptimeSeconds: Math.round(process.uptime()),
        requestsInFlight: this.inFlight.clientCount,
        errors: this.errors.distribution(),
        eventLoop: this.eventLoop.usage,
        cache: this.results.statistics(),
        routes: this.runtime.routes.map((found) => this.route(found)),
        workers: this.workers(),
        recentErrors: this.recentErrors.latest(),
        recentAlerts: this.recentAlerts.latest.map(({ at, id, state, rule, tier, handler, count, message }): RecentAlert => {
          return { at: new Date(at).toISOString(), id, state, rule, tier, handler, count, message };
        }),
      },
    };
  }

  private route({ route }: FoundRoute): RouteStats {
    const { name, method, path, handler } = route;
    const { inFlight = 0, waiting = 0, abandoned = 0, concurrency = 0, queue = 0 } = this.admission.of(path) ?? {};
    const count = (tier: ErrorTier): number => this.errors.count(hours(1), { tier, handler: name });
    return {
      name,
      method,
      path,
      version: versionOf(route) ?? null,
      state: this.runtime.stateOf(handler),
      requestsPerSecond: this.rates.perSecond(name),
      inFlight,
      concurrency,
      waiting,
      queue,
      abandoned,
      breaker: this.degrader.stateOf(path) ?? null,
      errors: { L1: count('L1'), L2: count('L2'), L3: count('L3'), L4: count('L4') },
      batches: this.work.batchesOf(path) ?? null,
    };
  }

  /** Gauges that the room of threads offers stand beside the counts: `worker_threads` and its like. */
  private workers(): ProcessStats['workers'] {
    const pools = new Map<string, Record<string, number>>(Object.entries(this.work.pools).map(([pool, tally]) => [pool, { ...tally }]));
    for (const { name, label, read } of this.gauges.all()) {
      if (label !== 'pool') continue;
      for (const [pool, value] of read()) pools.set(pool, { ...pools.get(pool), [camelCase(name)]: value });
    }
    return Object.fromEntries(pools);
  }
}

/** `worker_threads_busy` as `threadsBusy`. */
const camelCase = (name: string): string =>
  name.replace(/^worker_/, '').replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

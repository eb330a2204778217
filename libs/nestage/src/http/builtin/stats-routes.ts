import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ResultCache } from '../../caching/result-cache.js';
import { ProcessGroup } from '../../core/processes/process-group.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import { ErrorMonitor } from '../../metrics/error-monitor.js';
import { EventLoopMonitor } from '../../metrics/event-loop-monitor.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { PerformanceMonitor } from '../../metrics/performance-monitor.js';
import { mergeStats, STATS_TOPIC, type StatsSnapshot } from '../../metrics/stats-snapshot.js';
import { InFlightRequests } from '../in-flight.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

/**
 * `GET /stats`: durations by name, errors by period, and how busy the processes are.
 * @internal
 */
@Injectable()
export class StatsRoutes {
  constructor(
    private readonly performance: PerformanceMonitor,
    private readonly errors: ErrorMonitor,
    private readonly eventLoop: EventLoopMonitor,
    private readonly resources: ResourceMonitor,
    private readonly inFlight: InFlightRequests,
    private readonly results: ResultCache,
    private readonly access: DetailAccess,
    private readonly group: ProcessGroup,
    @Inject(RESOLVED_OPTIONS) private readonly service: ResolvedWebServiceOptions,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {
    group.keeps(STATS_TOPIC, () => this.snapshot());
  }

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.stats;
    return route ? [{ name: 'StatsController', path: route.path, handle: (execution) => this.stats(execution) }] : [];
  }

  private async stats(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    const answer = await this.group.ask<StatsSnapshot>({ topic: STATS_TOPIC });
    const { sinceStart, window, requestsInFlight, errors, eventLoop, cache } = mergeStats(answer);
    const body = {
      service: this.service.service,
      uptimeSeconds: Math.round(process.uptime()),
      requestsInFlight,
      performance: { sinceStart, window: { windowMs: this.performance.windowMs, statistics: window } },
      errors,
      cache,
      eventLoop,
      resources: this.resources.usage,
      ...(this.group.isShared && {
        processes: answer.processes.map(({ value, ...each }) => ({ ...each, ...figuresOf(value) })),
        restarts: answer.restarts,
      }),
    };
    return { status: 200, body };
  }

  private snapshot(): StatsSnapshot {
    return {
      performance: this.performance.snapshot(),
      process: {
        uptimeSeconds: Math.round(process.uptime()),
        requestsInFlight: this.inFlight.clientCount,
        errors: this.errors.distribution(),
        eventLoop: this.eventLoop.usage,
        cache: this.results.statistics(),
      },
    };
  }
}

/** What is told of each process by itself. */
function figuresOf(snapshot: StatsSnapshot | undefined): object {
  if (!snapshot?.process) return {};
  const { uptimeSeconds, requestsInFlight, eventLoop } = snapshot.process;
  return { uptimeSeconds, requestsInFlight, eventLoop };
}

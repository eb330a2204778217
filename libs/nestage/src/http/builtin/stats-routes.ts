import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import { ErrorMonitor } from '../../metrics/error-monitor.js';
import { EventLoopMonitor } from '../../metrics/event-loop-monitor.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { PerformanceMonitor } from '../../metrics/performance-monitor.js';
import { InFlightRequests } from '../in-flight.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

/**
 * `GET /stats`: durations by name, errors by period, and how busy the process is.
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
    private readonly access: DetailAccess,
    @Inject(RESOLVED_OPTIONS) private readonly service: ResolvedWebServiceOptions,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.stats;
    return route ? [{ name: 'StatsController', path: route.path, handle: (execution) => this.stats(execution) }] : [];
  }

  private async stats(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    const { performance } = this;
    const body = {
      service: this.service.service,
      uptimeSeconds: Math.round(process.uptime()),
      requestsInFlight: this.inFlight.clientCount,
      performance: {
        sinceStart: performance.getStatistics('start'),
        window: { windowMs: performance.windowMs, statistics: performance.getStatistics('window') },
      },
      errors: this.errors.distribution(),
      eventLoop: this.eventLoop.usage,
      resources: this.resources.usage,
    };
    return { status: 200, body };
  }
}

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { MetricsRegistry } from '../../metrics/metrics-registry.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

/**
 * `GET /metrics` in the text format of Prometheus.
 * @internal
 */
@Injectable()
export class MetricsRoutes {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly access: DetailAccess,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.metrics;
    return route ? [{ name: 'MetricsController', path: route.path, handle: (execution) => this.scrape(execution) }] : [];
  }

  private async scrape(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    return { status: 200, ...(await this.metrics.scrape()) };
  }
}

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ProcessGroup } from '../../core/processes/process-group.js';
import { scrapeGroup } from '../../metrics/prometheus/merge-metrics.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { METRICS_TOPIC, MetricsRegistry } from '../../metrics/prometheus/metrics-registry.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

/**
 * `GET /metrics` in the text format of Prometheus, of all processes together.
 * @internal
 */
@Injectable()
export class MetricsRoutes {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly access: DetailAccess,
    private readonly group: ProcessGroup,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {
    if (options.metrics.route) group.keeps(METRICS_TOPIC, () => metrics.figures());
  }

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.metrics;
    return route ? [{ name: 'MetricsController', title: 'metrics', path: route.path, handle: (execution) => this.scrape(execution) }] : [];
  }

  private async scrape(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    return { status: 200, ...(await scrapeGroup(this.metrics, this.group)) };
  }
}

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';
import { ServiceStats } from './service-stats.js';

/**
 * `GET /stats`: durations by name, errors by period, how full each route is, and how busy the processes are.
 * @internal
 */
@Injectable()
export class StatsRoutes {
  constructor(
    private readonly stats: ServiceStats,
    private readonly access: DetailAccess,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.stats;
    return route ? [{ name: 'StatsController', path: route.path, handle: (execution) => this.show(execution) }] : [];
  }

  private async show(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    return { status: 200, body: await this.stats.report() };
  }
}

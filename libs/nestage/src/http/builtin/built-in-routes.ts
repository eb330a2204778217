import { Injectable } from '@nestjs/common';
import type { BuiltInRouteInit } from './builtin-controller.factory.js';
import { HealthRoutes } from './health-routes.js';
import { MetricsRoutes } from './metrics-routes.js';
import { RequestRecordRoutes } from './request-record-routes.js';
import { StatsRoutes } from './stats-routes.js';

/** Every route that the service brings along by itself. @internal */
@Injectable()
export class BuiltInRoutes {
  constructor(
    private readonly health: HealthRoutes,
    private readonly stats: StatsRoutes,
    private readonly metrics: MetricsRoutes,
    private readonly records: RequestRecordRoutes,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    return [this.health, this.stats, this.metrics, this.records].flatMap((each) => each.routes());
  }
}

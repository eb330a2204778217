import { Inject, Injectable } from '@nestjs/common';
import { worstHealth, type HealthStatus } from '../../core/health/health-check.js';
import { HealthService } from '../../core/health/health.service.js';
import { StageRuntime } from '../../core/initialize/stage-runtime.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import type { BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

const STATUS_CODES: Readonly<Record<HealthStatus, number>> = { healthy: 200, degraded: 200, unhealthy: 503 };

/**
 * `GET /health` with the verdict on the whole, `/health/live` (the process answers), `/health/ready` (send requests here).
 * @internal
 */
@Injectable()
export class HealthRoutes {
  constructor(
    private readonly health: HealthService,
    private readonly runtime: StageRuntime,
    private readonly resources: ResourceMonitor,
    private readonly access: DetailAccess,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.health;
    if (!route) return [];
    return [
      {
        name: 'HealthController',
        path: route.path,
        audience: 'status',
        handle: async (execution) => this.report(await this.access.isAllowed(execution)),
      },
      {
        name: 'LivenessController',
        path: `${route.path}/live`,
        audience: 'anybody',
        handle: async () => ({ status: 200, body: { status: 'alive' } }),
      },
      { name: 'ReadinessController', path: `${route.path}/ready`, audience: 'anybody', handle: async () => this.readiness() },
    ];
  }

  private async report(isDetailed: boolean): Promise<{ status: number; body: object }> {
    const report = await this.health.report();
    const status = worstHealth([report.status, this.stageHealth()]);
    const { service, model } = this.options;
    const body = { status, service, model: model ?? this.modelNames(), resources: this.resources.usage };
    return { status: STATUS_CODES[status], body: isDetailed ? { ...body, stages: this.stageStates(), checks: report.checks } : body };
  }

  private async readiness(): Promise<{ status: number; body: object }> {
    const { isReady } = this.runtime;
    return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not_ready' } };
  }

  /** Healthy when every unit is ready, degraded when some handler serves and another failed, else unhealthy. */
  private stageHealth(): HealthStatus {
    const { stageUnits, isReady } = this.runtime;
    if (isReady) return 'healthy';
    const hasServingHandler = stageUnits.some((unit) => unit.kind === 'handler' && unit.isReady);
    return hasServingHandler && stageUnits.some((unit) => unit.state === 'failed') ? 'degraded' : 'unhealthy';
  }

  private stageStates(): Record<string, string> {
    return Object.fromEntries(this.runtime.stageUnits.map(({ name, state }) => [name, state]));
  }

  private modelNames(): string {
    const { stageUnits } = this.runtime;
    const models = stageUnits.filter(({ kind }) => kind === 'model');
    return (models.length > 0 ? models : stageUnits).map(({ name }) => name).join(', ');
  }
}

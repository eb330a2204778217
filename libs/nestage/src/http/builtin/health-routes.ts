import { Inject, Injectable } from '@nestjs/common';
import { worstHealth, type HealthStatus } from '../../core/health/health-check.js';
import { type HealthReport, HealthService } from '../../core/health/health.service.js';
import { StageRuntime } from '../../core/initialize/stage-runtime.js';
import { type GroupAnswer, ProcessGroup, type ProcessAnswer } from '../../core/processes/process-group.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import type { BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

const STATUS_CODES: Readonly<Record<HealthStatus, number>> = { healthy: 200, degraded: 200, unhealthy: 503 };

const HEALTH_TOPIC = 'health';
const READY_TOPIC = 'ready';
/** For the way there and back of a report that takes its full time. */
const MARGIN_MS = 100;

/** How one process is, with its details. */
interface ProcessHealth {
  readonly status: HealthStatus;
  readonly stages: Readonly<Record<string, string>>;
  readonly checks: HealthReport['checks'];
}

/**
 * `GET /health` with the verdict on the whole, `/health/live` (the process answers), `/health/ready` (send requests here). With several
 * processes all are asked where it matters: they are healthy when each is and unhealthy when none is, and ready when one is.
 * @internal
 */
@Injectable()
export class HealthRoutes {
  constructor(
    private readonly health: HealthService,
    private readonly runtime: StageRuntime,
    private readonly resources: ResourceMonitor,
    private readonly access: DetailAccess,
    private readonly group: ProcessGroup,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
  ) {
    group.answers(HEALTH_TOPIC, () => this.own());
    group.answers(READY_TOPIC, () => this.runtime.isReady);
  }

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.health;
    if (!route) return [];
    return [
      {
        name: 'HealthController',
        title: 'health',
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

  async report(isDetailed: boolean): Promise<{ status: number; body: object }> {
    const answer = await this.group.ask<ProcessHealth>({ topic: HEALTH_TOPIC, withinMs: this.options.health.deadlineMs + MARGIN_MS });
    const [{ value: own }] = answer.processes;
    const status = statusOfGroup(answer);
    const { service, model } = this.options;
    const body = { status, service, model: model ?? this.modelNames(), resources: this.resources.usage };
    if (!isDetailed) return { status: STATUS_CODES[status], body };
    const details = this.group.isShared
      ? { processes: answer.processes.map(({ value, ...each }) => ({ ...each, ...value, status: statusOf({ value }) })) }
      : { stages: own?.stages, checks: own?.checks };
    return { status: STATUS_CODES[status], body: { ...body, ...details } };
  }

  private async own(): Promise<ProcessHealth> {
    const { status, checks } = await this.health.report();
    const own = { status: worstHealth([status, this.stageHealth()]), stages: this.stageStates(), checks };
    return JSON.parse(JSON.stringify(own)) as ProcessHealth; // a check's details may hold what no other process can be told
  }

  private async readiness(): Promise<{ status: number; body: object }> {
    const isReady = this.runtime.isReady || (this.group.isShared && (await this.isAnotherReady()));
    return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not_ready' } };
  }

  private async isAnotherReady(): Promise<boolean> {
    const { processes } = await this.group.ask<boolean>({ topic: READY_TOPIC });
    return processes.some(({ value, isFresh }) => value === true && isFresh);
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

/** A process that does not answer is not well, whatever it is busy with. */
function statusOf({ value }: Pick<ProcessAnswer<ProcessHealth>, 'value'>): HealthStatus {
  return value?.status ?? 'unhealthy';
}

/**
 * Healthy when all are, unhealthy when none is well, else degraded: one that is well serves. While one replaces another, the better of
 * both stands for their place.
 */
function statusOfGroup({ processes }: GroupAnswer<ProcessHealth>): HealthStatus {
  const places = new Map<number, HealthStatus>();
  for (const each of processes) {
    const [status, other] = [statusOf(each), places.get(each.process)];
    places.set(each.process, other && worstHealth([status, other]) === status ? other : status);
  }
  const statuses = new Set(places.values());
  return statuses.size === 1 ? [...statuses][0] : 'degraded';
}

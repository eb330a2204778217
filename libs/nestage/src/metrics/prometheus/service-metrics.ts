import type { OnApplicationBootstrap } from '@nestjs/common';
import type { RequestEvents } from '../../core/context/request-events.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { ErrorReporter } from '../../core/errors/error-reporter.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageGauge, StageGauges } from '../../core/pipeline/stage-gauges.js';
import { BatchMetrics } from './batch-metrics.js';
import { CacheMetrics } from './cache-metrics.js';
import { ErrorMetrics } from './error-metrics.js';
import { addProcessMetrics, type ProcessMetricsInit } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { ResilienceMetrics } from './resilience-metrics.js';
import { StageMetrics } from './stage-metrics.js';
import type { StageTimes, StageTimesListener } from '../stage-timer.js';
import { WorkerMetrics } from './worker-metrics.js';

/** @internal */
export interface ServiceMetricsInit extends ProcessMetricsInit {
  readonly requests: RequestEvents;
  readonly events: StageEvents;
  readonly gauges: StageGauges;
  readonly errors: ErrorReporter;
  readonly runtime: StageRuntime;
}

/**
 * All metrics that the service keeps for Prometheus.
 * @internal
 */
export class ServiceMetrics implements StageTimesListener, OnApplicationBootstrap {
  private readonly requests: RequestMetrics;
  private readonly stages: StageMetrics;
  private readonly resilience: ResilienceMetrics;

  constructor(private readonly init: ServiceMetricsInit) {
    const { metrics, requests, events, errors } = init;
    this.requests = new RequestMetrics(metrics, requests);
    this.stages = new StageMetrics(metrics);
    this.resilience = new ResilienceMetrics(metrics, events);
    new BatchMetrics(metrics, events);
    new WorkerMetrics(metrics, events);
    new CacheMetrics(metrics, events);
    new ErrorMetrics(metrics, errors);
    addProcessMetrics(init);
  }

  forRoute(route: StageRoute): StageTimes {
    return this.stages.forRoute(route);
  }

  /** Rooms have provided their gauges by now, and routes are known. */
  onApplicationBootstrap(): void {
    for (const path of new Set(this.init.runtime.routes.map(({ route }) => route.path))) {
      for (const part of [this.requests, this.stages, this.resilience]) part.prepare(path);
    }
    for (const gauge of this.init.gauges.all()) this.show(gauge);
  }

  private show({ name, help, label = 'path', read }: StageGauge): void {
    const gauge = this.init.metrics.gauge(
      {
        name: `nestage_${name}`,
        help,
        collect: () => {
          for (const [of, value] of read()) gauge.set({ [label]: of }, value);
        },
      },
      [label],
    );
  }
}

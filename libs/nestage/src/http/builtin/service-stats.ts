import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { ProcessGroup } from '../../core/processes/process-group.js';
import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import { LoadHistory } from '../../metrics/statistics/load-history.js';
import { PerformanceMonitor } from '../../metrics/statistics/performance-monitor.js';
import { mergeStats, STATS_TOPIC, type StatsSnapshot } from '../../metrics/statistics/stats-snapshot.js';
import { ServiceFigures } from './service-figures.js';

/** Gives a part of the figures that a room keeps elsewhere, such as the backlog of a queue; `undefined` when it can't be told. @internal */
export type StatsPart = () => Promise<object | undefined>;

/**
 * What `/stats` answers, of all processes as one; whoever shows figures asks here, so that all show the same.
 * @internal
 */
@Injectable()
export class ServiceStats {
  private readonly parts = new Map<string, StatsPart>();

  constructor(
    private readonly figures: ServiceFigures,
    private readonly performance: PerformanceMonitor,
    private readonly history: LoadHistory,
    private readonly resources: ResourceMonitor,
    private readonly group: ProcessGroup,
    @Inject(RESOLVED_OPTIONS) private readonly service: ResolvedWebServiceOptions,
  ) {
    group.keeps(STATS_TOPIC, () => figures.snapshot());
  }

  /** Adds a part under a name of its own. It must be quick, and what it rejects with leaves it out. */
  addPart(name: string, read: StatsPart): void {
    this.parts.set(name, read);
  }

  async report(): Promise<object> {
    const answer = await this.group.ask<StatsSnapshot>({ topic: STATS_TOPIC });
    const { sinceStart, window, ...figures } = mergeStats(answer);
    const parts = await Promise.all([...this.parts].map(async ([name, read]) => [name, await read().catch(() => undefined)] as const));
    return {
      service: this.service.service,
      uptimeSeconds: Math.round(process.uptime()),
      performance: { sinceStart, window: { windowMs: this.performance.windowMs, statistics: window } },
      ...figures,
      resources: this.resources.usage,
      history: this.history.columns,
      ...(Object.fromEntries(parts) as object),
      ...(this.group.isShared && {
        processes: answer.processes.map(({ value, ...each }) => ({ ...each, ...ofProcess(value) })),
        restarts: answer.restarts,
      }),
    };
  }
}

/** What is told of each process by itself. */
function ofProcess(snapshot: StatsSnapshot | undefined): object {
  if (!snapshot?.process) return {};
  const { uptimeSeconds, requestsInFlight, eventLoop } = snapshot.process;
  return { uptimeSeconds, requestsInFlight, eventLoop };
}

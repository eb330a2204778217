import { Inject, Injectable } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { HealthRoutes } from '../http/builtin/health-routes.js';
import { ServiceStats } from '../http/builtin/service-stats.js';
import { RESOLVED_DASHBOARD_OPTIONS, type ResolvedDashboardOptions } from './dashboard.options.js';

/** What `/stats` and `/health` would have answered at one moment. @internal */
export interface Figures {
  /** ISO 8601. */
  readonly at: string;
  readonly stats: object;
  readonly health: object;
}

/**
 * Figures for pages that are open: gathered and written once for all of them, and not at all while there is none.
 * @internal
 */
@Injectable()
export class LiveFigures {
  private readonly readers = new Set<() => void>();
  private readonly clock = systemClock;
  private gathering: Promise<string> | undefined;
  private gatheredAt = -Infinity;
  private isClosed = false;

  constructor(
    private readonly stats: ServiceStats,
    private readonly health: HealthRoutes,
    private readonly runtime: StageRuntime,
    @Inject(RESOLVED_DASHBOARD_OPTIONS) private readonly options: ResolvedDashboardOptions,
  ) {}

  /** Server-sent events, one set of figures each, until the signal fires or the service goes down. */
  async *stream(signal: AbortSignal): AsyncGenerator<string, void, void> {
    yield 'retry: 1000\n\n';
    while (!signal.aborted && !this.isClosed && !this.runtime.isDraining) {
      yield `event: figures\ndata: ${await this.text()}\n\n`;
      await this.pause(signal);
    }
  }

  /** One set of figures as JSON, at most half an interval old. */
  text(): Promise<string> {
    const now = this.clock.elapsed();
    if (this.gathering && now - this.gatheredAt < this.options.intervalMs / 2) return this.gathering;
    this.gatheredAt = now;
    this.gathering = this.gather().then((figures) => JSON.stringify(figures));
    return this.gathering;
  }

  /** Ends all streams. */
  close(): void {
    this.isClosed = true;
    for (const wake of this.readers) wake();
  }

  private async gather(): Promise<Figures> {
    const { body: health } = await this.health.report(true);
    return { at: new Date(this.clock.now()).toISOString(), health, stats: await this.stats.report() };
  }

  private pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        this.readers.delete(wake);
        resolve();
      };
      const cancel = this.clock.schedule(this.options.intervalMs, wake);
      signal.addEventListener('abort', wake, { once: true });
      this.readers.add(wake);
      if (signal.aborted || this.isClosed) wake();
    });
  }
}

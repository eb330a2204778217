import type { MetricsRegistry } from '../metrics/metrics-registry.js';
import type { JobEngine } from '../core/jobs/job-engine.js';
import type { JobEnding } from './running/job-follower.js';

const ENDINGS: readonly JobEnding[] = ['succeeded', 'failed', 'dead', 'cancelled'];
const STATES = ['waiting', 'delayed', 'active'] as const;

/**
 * Jobs by route and what became of them, and how much there is to do. Series of a route exist from the start.
 * @internal
 */
export class JobMetrics {
  private readonly taken: ReturnType<MetricsRegistry['counter']>;
  private readonly ends: ReturnType<MetricsRegistry['counter']>;
  private readonly runs: ReturnType<MetricsRegistry['histogram']>;

  /** @param engine asked at each scrape; what it can't tell is not shown */
  constructor(metrics: MetricsRegistry, engine: JobEngine) {
    this.taken = metrics.counter({ name: 'nestage_jobs_taken_total', help: 'Requests that were taken in as jobs.' }, ['route']);
    this.ends = metrics.counter({ name: 'nestage_jobs_total', help: 'Jobs that are over, by how they ended.' }, ['route', 'state']);
    this.runs = metrics.histogram('nestage_job_run_seconds', 'How long one try of a job took.', ['route']);
    this.showBacklog(metrics, engine);
  }

  prepare(route: string): void {
    this.taken.inc({ route }, 0);
    for (const state of ENDINGS) this.ends.inc({ route, state }, 0);
    this.runs.zero({ route });
  }

  took(route: string): void {
    this.taken.inc({ route });
  }

  ran(route: string, durationMs: number): void {
    this.runs.observe({ route }, durationMs / 1000);
  }

  ended(route: string, state: JobEnding): void {
    this.ends.inc({ route, state });
  }

  private showBacklog(metrics: MetricsRegistry, engine: JobEngine): void {
    const tell = async (): Promise<void> => {
      const figures = await engine.backlog().catch(() => undefined);
      if (!figures) return jobs.reset();
      for (const state of STATES) jobs.set({ state }, figures[state]);
    };
    const tellAge = async (): Promise<void> => {
      const figures = await engine.backlog().catch(() => undefined);
      if (figures) age.set(figures.oldestMs / 1000);
    };
    const jobs = metrics.gauge({ name: 'nestage_jobs', help: 'Jobs that are not over, by state.', collect: tell }, ['state']);
    const age = metrics.gauge(
      { name: 'nestage_queue_backlog_seconds', help: 'How long the oldest job that may begin has waited.', collect: tellAge },
      [],
    );
  }
}

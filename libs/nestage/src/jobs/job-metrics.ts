import type { JobEngine } from '../core/jobs/job-engine.js';
import { showBacklog } from '../metrics/prometheus/backlog-metrics.js';
import type { MetricsRegistry } from '../metrics/prometheus/metrics-registry.js';

/** How a job ends. @internal */
export type JobEnding = 'succeeded' | 'failed' | 'dead' | 'cancelled';

const ENDINGS: readonly JobEnding[] = ['succeeded', 'failed', 'dead', 'cancelled'];

/**
 * Jobs by path and what became of them, and how much there is to do. Series of a route exist from the start.
 * @internal
 */
export class JobMetrics {
  private readonly takenIn: ReturnType<MetricsRegistry['counter']>;
  private readonly ends: ReturnType<MetricsRegistry['counter']>;
  private readonly waits: ReturnType<MetricsRegistry['histogram']>;
  private readonly runs: ReturnType<MetricsRegistry['histogram']>;

  /** @param engine asked at each scrape; while it can't be reached, nothing is shown of what it keeps */
  constructor(metrics: MetricsRegistry, engine: JobEngine) {
    this.takenIn = metrics.counter({ name: 'nestage_jobs_taken_total', help: 'Requests that were taken in as jobs.' }, ['path']);
    this.ends = metrics.counter({ name: 'nestage_jobs_total', help: 'Jobs that are over, by how they ended.' }, ['path', 'state']);
    this.waits = metrics.histogram('nestage_job_wait_seconds', 'From when a job might begin to its first try.', ['path']);
    this.runs = metrics.histogram('nestage_job_run_seconds', 'How long a try of a job took.', ['path']);
    showBacklog(metrics, engine);
  }

  prepare(path: string): void {
    this.takenIn.inc({ path }, 0);
    for (const state of ENDINGS) this.ends.inc({ path, state }, 0);
    this.waits.zero({ path });
    this.runs.zero({ path });
  }

  took(path: string): void {
    this.takenIn.inc({ path });
  }

  waited(path: string, durationMs: number): void {
    this.waits.observe({ path }, durationMs / 1000);
  }

  ran(path: string, durationMs: number): void {
    this.runs.observe({ path }, durationMs / 1000);
  }

  ended(path: string, state: JobEnding): void {
    this.ends.inc({ path, state });
  }
}

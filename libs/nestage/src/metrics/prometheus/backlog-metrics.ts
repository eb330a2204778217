import type { JobBacklog, JobEngine } from '../../core/jobs/job-engine.js';
import type { MetricsRegistry } from './metrics-registry.js';

const STATES = ['waiting', 'delayed', 'active'] as const;
const JOBS = 'nestage_jobs';

/**
 * Tells how much there is to do, asked at each scrape; what the engine can't tell is not shown. Of several rooms that know of jobs, the
 * first one tells: they have one engine.
 * @internal
 */
export function showBacklog(metrics: MetricsRegistry, engine: Pick<JobEngine, 'backlog'>): void {
  if (metrics.registry.getSingleMetric(JOBS)) return;
  const figures = (): Promise<JobBacklog | undefined> => engine.backlog().catch(() => undefined);
  const tell = async (): Promise<void> => {
    const backlog = await figures();
    jobs.reset();
    if (backlog) for (const state of STATES) jobs.set({ state }, backlog[state]);
  };
  const tellAge = async (): Promise<void> => {
    const backlog = await figures();
    if (backlog) age.set(backlog.oldestMs / 1000);
    else age.remove();
  };
  const aggregator = 'max'; // all processes of one engine tell the same
  const jobs = metrics.gauge({ name: JOBS, help: 'Jobs that are not over, by state.', collect: tell, aggregator }, ['state']);
  const age = metrics.gauge(
    { name: 'nestage_queue_backlog_seconds', help: 'How long the oldest job that may begin has waited.', collect: tellAge, aggregator },
    [],
  );
}

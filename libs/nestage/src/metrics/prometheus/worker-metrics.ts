import { Counter, Histogram } from 'prom-client';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { WorkerObservation } from '../../core/pipeline/worker-events.js';
import type { MetricsRegistry } from './metrics-registry.js';

/**
 * Tasks of worker threads, and the metrics that workers make themselves. Series of a pool exist from its first task on: few services have any.
 * @internal
 */
export class WorkerMetrics {
  constructor(
    private readonly metrics: MetricsRegistry,
    events: StageEvents,
  ) {
    const wait = metrics.histogram('nestage_worker_wait_seconds', 'How long a task waited for a worker thread.', ['pool']);
    const task = metrics.histogram('nestage_worker_task_seconds', 'How long a worker thread worked on a task.', ['pool']);
    const tasks = metrics.counter({ name: 'nestage_worker_tasks_total', help: 'Tasks of worker threads, by outcome.' }, [
      'pool',
      'outcome',
    ]);
    const restarts = metrics.counter({ name: 'nestage_worker_restarts_total', help: 'Worker threads that had to be replaced.' }, [
      'pool',
      'cause',
    ]);
    events.on(({ pool, waitedMs }) => wait.observe({ pool }, waitedMs / 1000), ['worker.waited']);
    events.on(({ pool }) => tasks.inc({ pool, outcome: 'refused' }), ['worker.refused']);
    events.on(({ pool, cause }) => restarts.inc({ pool, cause }), ['worker.ended']);
    events.on(({ pool, metric }) => this.observe(pool, metric), ['worker.metric']);
    events.on(
      ({ pool, activeMs, outcome }) => {
        task.observe({ pool }, activeMs / 1000);
        tasks.inc({ pool, outcome });
      },
      ['worker.done'],
    );
  }

  private observe(pool: string, { labels, value, ...metric }: WorkerObservation): void {
    const known = this.metrics.registry.getSingleMetric(metric.name) ?? this.create(metric, ['pool', ...Object.keys(labels)]);
    if (known instanceof Counter) known.inc({ pool, ...labels }, value);
    else if (known instanceof Histogram) known.observe({ pool, ...labels }, value);
  }

  private create({ kind, name, help, buckets }: Omit<WorkerObservation, 'labels' | 'value'>, labels: string[]): Counter | Histogram {
    if (kind === 'counter') return this.metrics.counter({ name, help }, labels);
    return this.metrics.histogram(name, help, labels, buckets);
  }
}

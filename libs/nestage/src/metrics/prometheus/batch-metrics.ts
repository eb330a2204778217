import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { MetricsRegistry } from './metrics-registry.js';

/**
 * Sizes, waits and outcomes of batches. Series of a route exist from its first batch on: few routes have any.
 * @internal
 */
export class BatchMetrics {
  constructor(metrics: MetricsRegistry, events: StageEvents) {
    const size = metrics.countHistogram('nestage_batch_size', 'Inputs that a batch began with.', ['path']);
    const wait = metrics.histogram('nestage_batch_wait_seconds', 'How long an input waited for its batch.', ['path']);
    const batches = metrics.counter({ name: 'nestage_batches_total', help: 'Batches that are over.' }, ['path', 'outcome']);
    events.on(({ route: path, waitedMs }) => wait.observe({ path }, waitedMs / 1000), ['batch.waited']);
    events.on(
      ({ route: path, items, outcome }) => {
        size.observe({ path }, items);
        batches.inc({ path, outcome });
      },
      ['batch.done'],
    );
  }
}

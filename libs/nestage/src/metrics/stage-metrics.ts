import type { Counter, Gauge, Histogram } from 'prom-client';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { STAGES, type StageName } from '../core/pipeline/stage-middleware.js';
import type { MetricsRegistry } from './metrics-registry.js';
import type { StageTimes, StageTimesListener } from './stage-timer.js';

/**
 * Durations of stages and the life of streams. Everything of a route is bound once, at its first request or at start.
 * @internal
 */
export class StageMetrics implements StageTimesListener {
  private readonly duration: Histogram<'path' | 'stage'>;
  private readonly firstItem: Histogram<'path'>;
  private readonly open: Gauge<'path'>;
  private readonly items: Counter<'path'>;

  constructor(metrics: MetricsRegistry) {
    this.duration = metrics.histogram('nestage_stage_duration_seconds', 'Wall time of a stage; of a stream, `run` until its last item.', [
      'path',
      'stage',
    ]);
    this.firstItem = metrics.histogram(
      'nestage_time_to_first_item_seconds',
      'From the opening of a request to the first item of its stream.',
      ['path'],
    );
    this.open = metrics.gauge({ name: 'nestage_streams_open', help: 'Streams between their first item and their end.' }, ['path']);
    this.items = metrics.counter({ name: 'nestage_stream_items_total', help: 'Items that streams have given.' }, ['path']);
  }

  forRoute({ path }: Pick<StageRoute, 'path'>): StageTimes {
    const durations = Object.fromEntries(STAGES.map((stage) => [stage, this.duration.labels({ path, stage })])) as Record<
      StageName,
      Histogram.Internal<'path' | 'stage'>
    >;
    const [firstItem, open, items] = [this.firstItem.labels({ path }), this.open.labels({ path }), this.items.labels({ path })];
    return {
      stage: (stage, durationMs) => durations[stage].observe(durationMs / 1000),
      streamOpened: (firstItemMs) => {
        open.inc();
        firstItem.observe(firstItemMs / 1000);
      },
      streamItem: () => items.inc(),
      streamEnded: () => open.dec(),
    };
  }

  /** Makes the series of a route exist from the start. */
  prepare(path: string): void {
    for (const stage of STAGES) this.duration.zero({ path, stage });
    this.firstItem.zero({ path });
    this.open.set({ path }, 0);
    this.items.inc({ path }, 0);
  }
}

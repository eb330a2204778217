import type { Gauge } from 'prom-client';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { STAGES, type StageName } from '../../core/pipeline/stage-middleware.js';
import type { MetricsRegistry } from './metrics-registry.js';
import type { TallyCounter, TallyHistogram, TallyHistogramSeries, TallySeries } from './tally-metrics.js';
import type { StageTimes, StageTimesListener } from '../stage-timer.js';

interface PathSeries {
  readonly durations: Readonly<Record<StageName, TallyHistogramSeries>>;
  readonly firstItem: TallyHistogramSeries;
  readonly items: TallySeries;
}

/**
 * Durations of stages and the life of streams. Everything of a route is bound once, at its first request or at start.
 * @internal
 */
export class StageMetrics implements StageTimesListener {
  private readonly duration: TallyHistogram;
  private readonly firstItem: TallyHistogram;
  private readonly open: Gauge<'path'>;
  private readonly items: TallyCounter;
  private readonly byPath = new Map<string, PathSeries>();

  constructor(metrics: MetricsRegistry) {
    this.duration = metrics.tallyHistogram({
      name: 'nestage_stage_duration_seconds',
      help: 'Wall time of a stage; of a stream, `run` until its last item.',
    });
    this.firstItem = metrics.tallyHistogram({
      name: 'nestage_time_to_first_item_seconds',
      help: 'From the opening of a request to the first item of its stream.',
    });
    this.open = metrics.gauge({ name: 'nestage_streams_open', help: 'Streams between their first item and their end.' }, ['path']);
    this.items = metrics.tallyCounter({ name: 'nestage_stream_items_total', help: 'Items that streams have given.' });
  }

  forRoute({ path }: Pick<StageRoute, 'path'>): StageTimes {
    const { durations, firstItem, items } = this.of(path);
    const open = this.open.labels({ path });
    return {
      preProcess: (durationMs) => durations.preProcess.observe(durationMs / 1000),
      run: (durationMs) => durations.run.observe(durationMs / 1000),
      postProcess: (durationMs) => durations.postProcess.observe(durationMs / 1000),
      streamOpened: (firstItemMs) => {
        open.inc();
        firstItem.observe(firstItemMs / 1000);
      },
      streamItem: () => items.add(1),
      streamEnded: () => open.dec(),
    };
  }

  /** Makes the series of a route exist from the start. */
  prepare(path: string): void {
    this.of(path);
    this.open.set({ path }, 0);
  }

  private of(path: string): PathSeries {
    const known = this.byPath.get(path);
    if (known) return known;
    const durations = Object.fromEntries(STAGES.map((stage) => [stage, this.duration.series({ path, stage })])) as PathSeries['durations'];
    const series = { durations, firstItem: this.firstItem.series({ path }), items: this.items.series({ path }) };
    this.byPath.set(path, series);
    return series;
  }
}

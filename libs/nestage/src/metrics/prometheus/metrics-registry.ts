import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type Metric,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import { TallyCounter, TallyHistogram, type TallyInit } from './tally-metrics.js';

/** The text of a scrape and its media type. @publicApi */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

/** One metric with its series, as processes tell it each other. @internal */
export type MetricFigures = MetricObjectWithValues<MetricValue<string> & { readonly metricName?: string }>;

/** Topic of the metrics among processes. @internal */
export const METRICS_TOPIC = 'metrics';

/** Label of what belongs to no known path. @internal */
export const OTHER_PATH = 'other';

const COUNT_BUCKETS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

type Named<T> = Omit<T, 'registers' | 'labelNames'>;

/**
 * This app's own Prometheus registry. A service may add metrics of its own to `registry`; names that begin with `nestage_` are taken.
 *
 * @example
 * ```ts
 * constructor({ registry }: MetricsRegistry) {
 *   this.tokens = new Counter({ name: 'tokens_total', help: 'Tokens generated.', registers: [registry] });
 * }
 * ```
 * @publicApi
 */
export class MetricsRegistry {
  readonly registry = new Registry();

  /** @param bucketsSeconds bounds of the service's own histograms */
  constructor(private readonly bucketsSeconds: readonly number[]) {}

  async scrape(): Promise<Scrape> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  /** All series as data. @internal */
  figures(): Promise<MetricFigures[]> {
    return this.registry.getMetricsAsJSON();
  }

  /** @internal */
  counter<T extends string>(config: Named<CounterConfiguration<T>>, labelNames: readonly T[]): Counter<T> {
    return new Counter<T>({ ...config, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** @internal */
  gauge<T extends string>(config: Named<GaugeConfiguration<T>>, labelNames: readonly T[]): Gauge<T> {
    return new Gauge<T>({ ...config, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** @internal */
  histogram<T extends string>(name: string, help: string, labelNames: readonly T[], buckets = this.bucketsSeconds): Histogram<T> {
    return new Histogram<T>({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] });
  }

  /** For what every request tells. @internal */
  tallyCounter(init: TallyInit): TallyCounter {
    return this.registered(new TallyCounter(init));
  }

  /** For what every request tells. @internal */
  tallyHistogram(init: TallyInit): TallyHistogram {
    return this.registered(new TallyHistogram(init, this.bucketsSeconds));
  }

  private registered<T extends TallyCounter | TallyHistogram>(metric: T): T {
    this.registry.registerMetric(metric as unknown as Metric);
    return metric;
  }

  /** Of things that are counted, in powers of two. @internal */
  countHistogram<T extends string>(name: string, help: string, labelNames: readonly T[]): Histogram<T> {
    return new Histogram<T>({ name, help, labelNames: [...labelNames], buckets: [...COUNT_BUCKETS], registers: [this.registry] });
  }
}

import type { MetricFigures } from './metrics-registry.js';

/** @internal */
export interface TallyInit {
  readonly name: string;
  readonly help: string;
}

type Labels = Readonly<Record<string, string | number>>;
type Values = MetricFigures['values'];

/**
 * A metric whose series are bound once and then only count: prom-client makes a hash of the labels each time that it is told something,
 * which would be 0.4 microseconds for each of the eight figures of a request. To its registry it looks like any other metric.
 */
abstract class TallyMetric<Series extends { reset(): void }> {
  readonly name: string;
  readonly help: string;
  protected readonly all: (readonly [Labels, Series])[] = [];

  constructor({ name, help }: TallyInit) {
    this.name = name;
    this.help = help;
  }

  /** Makes a series, at 0. To be asked for once for each set of labels. */
  series(labels: Labels): Series {
    const series = this.create();
    this.all.push([labels, series]);
    return series;
  }

  /** Read by the registry at each scrape. */
  get(): Promise<MetricFigures> {
    const { name, help, type } = this;
    const values = this.all.flatMap(([labels, series]) => this.valuesOf(labels, series));
    return Promise.resolve({ name, help, type, aggregator: 'sum', values } as unknown as MetricFigures);
  }

  /** Called by the registry's own `resetMetrics`. */
  reset(): void {
    for (const [, series] of this.all) series.reset();
  }

  abstract readonly type: 'counter' | 'histogram';
  protected abstract create(): Series;
  protected abstract valuesOf(labels: Labels, series: Series): Values;
}

/** One series of a counter. @internal */
export class TallySeries {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }

  reset(): void {
    this.value = 0;
  }
}

/** @internal */
export class TallyCounter extends TallyMetric<TallySeries> {
  readonly type = 'counter';

  protected create(): TallySeries {
    return new TallySeries();
  }

  protected valuesOf(labels: Labels, { value }: TallySeries): Values {
    return [{ labels, value }];
  }
}

/** One series of a histogram. @internal */
export class TallyHistogramSeries {
  readonly counts: number[];
  sum = 0;
  count = 0;

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]) index++;
    if (index < bounds.length) this.counts[index]++;
    this.sum += value;
    this.count++;
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
    this.count = 0;
  }
}

/** @internal */
export class TallyHistogram extends TallyMetric<TallyHistogramSeries> {
  readonly type = 'histogram';

  constructor(
    init: TallyInit,
    private readonly bounds: readonly number[],
  ) {
    super(init);
  }

  protected create(): TallyHistogramSeries {
    return new TallyHistogramSeries(this.bounds);
  }

  /** Buckets of Prometheus hold all that is below their bound. */
  protected valuesOf(labels: Labels, { counts, sum, count }: TallyHistogramSeries): Values {
    const { name } = this;
    let below = 0;
    const buckets = this.bounds.map((le, index) => ({
      labels: { le, ...labels },
      value: (below += counts[index]),
      metricName: `${name}_bucket`,
    }));
    return [
      ...buckets,
      { labels: { le: '+Inf', ...labels }, value: count, metricName: `${name}_bucket` },
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}

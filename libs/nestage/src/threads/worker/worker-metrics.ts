import type { WorkerObservation } from '../../core/pipeline/worker-events.js';

/** @publicApi */
export interface WorkerMetricOptions<Label extends string = never> {
  /** As Prometheus takes it; names that begin with `nestage_` are taken. */
  readonly name: string;
  /** One sentence on what it counts. */
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

/** @publicApi */
export interface WorkerHistogramOptions<Label extends string = never> extends WorkerMetricOptions<Label> {
  /** Upper bounds, rising. @default those of the service's own histograms */
  readonly buckets?: readonly number[];
}

/** @publicApi */
export interface WorkerCounter<Label extends string = never> {
  /** @param value @default 1 */
  inc(value?: number, labels?: Readonly<Record<Label, string>>): void;
}

/** @publicApi */
export interface WorkerHistogram<Label extends string = never> {
  observe(value: number, labels?: Readonly<Record<Label, string>>): void;
}

/**
 * Metrics of a worker's own. They stand beside the service's at `/metrics`, summed over all threads, with the label `pool`. There are no
 * gauges: of several threads, the last one to speak would be right.
 * @publicApi
 */
export class WorkerMetrics {
  constructor(private readonly send: (metric: WorkerObservation) => void) {}

  /** @throws Error for a name that Prometheus does not take */
  counter<Label extends string = never>(options: WorkerMetricOptions<Label>): WorkerCounter<Label> {
    const metric = { kind: 'counter' as const, ...named(options) };
    return { inc: (value = 1, labels) => this.send({ ...metric, value, labels: { ...labels } }) };
  }

  /** @throws Error for a name that Prometheus does not take */
  histogram<Label extends string = never>(options: WorkerHistogramOptions<Label>): WorkerHistogram<Label> {
    const metric = { kind: 'histogram' as const, ...named(options), ...(options.buckets && { buckets: options.buckets }) };
    return { observe: (value, labels) => this.send({ ...metric, value, labels: { ...labels } }) };
  }
}

function named({ name, help, labelNames = [] }: WorkerMetricOptions<string>): { name: string; help: string } {
  if (!/^[a-zA-Z_:][\w:]*$/.test(name) || name.startsWith('nestage_'))
    throw new Error(`A metric can't be named "${name}": use letters, digits and _, and no name that begins with nestage_.`);
  const wrong = labelNames.find((label) => !/^[a-zA-Z_]\w*$/.test(label) || label === 'pool');
  if (wrong !== undefined)
    throw new Error(`The metric "${name}" can't have the label "${wrong}": use letters, digits and _, and not "pool".`);
  return { name, help };
}

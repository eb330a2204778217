import { AggregatorRegistry, Counter, Gauge, type PrometheusContentType, Registry } from 'prom-client';
import { type GroupAnswer, type ProcessGroup, RESTART_REASONS, PROCESS_STATES } from '../../core/processes/process-group.js';
import { METRICS_TOPIC, type MetricFigures, type MetricsRegistry, type Scrape } from './metrics-registry.js';

/** Types whose values only grow: they are summed over processes that have ended, too. */
const GROWING: ReadonlySet<string> = new Set(['counter', 'histogram']);

/**
 * What is left of processes that have ended: the sums of their counters and histograms.
 * @internal
 */
export function sumMetrics(parts: readonly unknown[]): MetricFigures[] {
  const sums = new Map<string, { readonly metric: MetricFigures; readonly series: Map<string, MetricFigures['values'][number]> }>();
  for (const metric of (parts as readonly MetricFigures[][]).flat()) {
    if (!GROWING.has(String(metric.type))) continue;
    const sum = sums.get(metric.name) ?? { metric, series: new Map<string, MetricFigures['values'][number]>() };
    sums.set(metric.name, sum);
    for (const value of metric.values) {
      const key = JSON.stringify([value.metricName, Object.entries(value.labels).sort()]);
      const known = sum.series.get(key);
      sum.series.set(key, known ? { ...known, value: known.value + value.value } : value);
    }
  }
  return [...sums.values()].map(({ metric, series }) => ({ ...metric, values: [...series.values()] }));
}

/**
 * One scrape for all processes: counters and histograms are sums, a gauge is merged as its own `aggregator` says (a sum by default).
 * @internal
 */
export async function scrapeGroup(metrics: MetricsRegistry, group: ProcessGroup): Promise<Scrape> {
  if (!group.isShared) {
    const { contentType, body } = await metrics.scrape();
    return { contentType, body: `${body}\n${await processRegistry(await group.ask({ topic: NOTHING })).metrics()}` };
  }
  const answer = await group.ask<MetricFigures[]>({ topic: METRICS_TOPIC });
  const parts = [...answer.processes.map(({ value }) => value), answer.ended].filter((part) => part !== undefined);
  const merged = AggregatorRegistry.aggregate<PrometheusContentType>(parts);
  return { contentType: merged.contentType, body: `${await merged.metrics()}\n${await processRegistry(answer).metrics()}` };
}

/** A topic of which nobody has anything to say: the answer holds the processes alone. */
const NOTHING = 'nothing';

/** Which of the processes serve, and which took part in this scrape. */
function processRegistry({ processes, restarts }: GroupAnswer<unknown>): Registry {
  const registry = new Registry();
  const registers = [registry];
  const states = new Gauge({
    name: 'nestage_processes',
    help: 'Processes that serve, by what they are doing.',
    labelNames: ['state'],
    registers,
  });
  for (const state of PROCESS_STATES) states.set({ state }, processes.filter((each) => each.state === state).length);
  const upHelp = 'Whether a process answered this scrape; of one that did not, the last figures stand.';
  const up = new Gauge({ name: 'nestage_process_up', help: upHelp, labelNames: ['process'], registers });
  // while one replaces another, a place has two: it is up if one of them is
  for (const { process, isFresh } of [...processes].sort((a, b) => Number(a.isFresh) - Number(b.isFresh)))
    up.set({ process }, isFresh ? 1 : 0);
  const restartsHelp = 'Processes that were replaced, by reason.';
  const restarted = new Counter({ name: 'nestage_process_restarts_total', help: restartsHelp, labelNames: ['reason'], registers });
  for (const reason of RESTART_REASONS) restarted.inc({ reason }, restarts[reason]);
  return registry;
}

import type { Aggregator } from 'prom-client';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { ResourceMonitor } from '../../core/resources/resource-usage.js';
import type { EventLoopMonitor } from '../statistics/event-loop-monitor.js';
import type { MetricsRegistry } from './metrics-registry.js';

/** @internal */
export interface ProcessMetricsInit {
  readonly metrics: MetricsRegistry;
  readonly resources: ResourceMonitor;
  readonly eventLoop: EventLoopMonitor;
  readonly log: LogWriter;
}

/**
 * CPU, memory and GPU of the machine or container, and of this process memory, event loop and dropped log lines; read at each scrape.
 * @internal
 */
export function addProcessMetrics({ metrics, resources, eventLoop, log }: ProcessMetricsInit): void {
  /** @param aggregator how the figures of several processes become one: memory is a sum, a load is not */
  const gauge = (name: string, help: string, read: () => number, aggregator: Aggregator = 'average'): void => {
    const metric = metrics.gauge({ name, help, aggregator, collect: (): void => metric.set(read()) }, []);
  };
  gauge('nestage_cpu_usage_ratio', 'CPU time in use of what this machine or container may use.', () => resources.usage.cpu / 100);
  gauge('nestage_memory_usage_ratio', 'Memory in use of what this machine or container may use.', () => resources.usage.memory / 100);
  gauge('nestage_gpu_usage_ratio', 'GPU utilisation, averaged over all GPUs; 0 without one.', () => resources.usage.gpu / 100);
  gauge('nestage_process_resident_memory_bytes', "Resident memory of the service's processes.", () => process.memoryUsage.rss(), 'sum');
  gauge(
    'nestage_process_heap_used_bytes',
    "JavaScript heap in use in the service's processes.",
    () => process.memoryUsage().heapUsed,
    'sum',
  );
  gauge('nestage_event_loop_delay_mean_seconds', 'Mean lateness of timers over 15 s.', () => eventLoop.usage.meanDelayMs / 1000);
  gauge('nestage_event_loop_delay_max_seconds', 'Greatest lateness of timers over 15 s.', () => eventLoop.usage.maxDelayMs / 1000, 'max');
  gauge(
    'nestage_event_loop_utilization_ratio',
    'Share of the last second that the event loop was at work.',
    () => eventLoop.usage.utilization,
  );
  const dropped = metrics.counter(
    {
      name: 'nestage_log_lines_dropped_total',
      help: 'Log lines that could be written nowhere.',
      collect: () => {
        dropped.reset();
        dropped.inc(log.droppedLines ?? 0);
      },
    },
    [],
  );
}

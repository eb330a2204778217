import { createServer, type AddressInfo } from 'node:net';
import { systemClock } from './common/clock.js';
import { sumMetrics } from './metrics/prometheus/merge-metrics.js';
import { METRICS_TOPIC } from './metrics/prometheus/metrics-registry.js';
import { STATS_TOPIC, sumStats } from './metrics/statistics/stats-snapshot.js';
import { Supervisor } from './processes/supervisor.js';
import type { ResolvedStartOptions } from './start-options.js';

/**
 * Makes this process the supervisor of workers: SIGTERM and SIGINT drain them all and end with code 0, SIGUSR2 replaces one after the
 * other. Never resolves: what follows in `main.ts` is for workers.
 * @internal
 */
export async function superviseWorkers({ workers, host, port }: ResolvedStartOptions): Promise<never> {
  const supervisor = new Supervisor({
    options: workers,
    port: port === 0 ? await freePort(host) : undefined,
    folds: { [METRICS_TOPIC]: sumMetrics, [STATS_TOPIC]: sumStats },
    clock: systemClock,
    exit: (code) => process.exit(code),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => supervisor.end());
  process.on('SIGUSR2', () => void supervisor.roll());
  supervisor.start();
  return new Promise<never>(() => undefined);
}

/** All workers need the same one, whichever of them comes and goes. A host that is none is told by the worker that listens. */
async function freePort(host: string): Promise<number | undefined> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

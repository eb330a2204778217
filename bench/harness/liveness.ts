import { setTimeout as sleep } from 'node:timers/promises';
import { requestOnce } from './single-request.js';
import { percentile } from './statistics.js';

const EVERY_MS = 10;

export type LivenessFigures = Readonly<Record<'liveP50' | 'liveP99' | 'liveMax', number>>;

/** Columns of what {@link probeLiveness} measures, in milliseconds. */
export const LIVENESS_COLUMNS = [
  { key: 'liveP50', label: 'live p50 ms', digits: 1 },
  { key: 'liveP99', label: 'live p99 ms', digits: 1 },
  { key: 'liveMax', label: 'live max ms', digits: 1 },
] as const;

/**
 * Asks /health/live every 10 ms. Each probe starts on time, whether those before it have been answered or not: one that is answered late must not
 * hide others.
 */
export async function probeLiveness(url: string, durationMs: number): Promise<LivenessFigures> {
  const probes: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let due = startedAt; due < startedAt + durationMs; due += EVERY_MS) {
    await sleep(Math.max(0, due - performance.now()));
    probes.push(probe(url, due));
  }
  const latencies = Float64Array.from(await Promise.all(probes)).sort();
  return { liveP50: percentile(latencies, 0.5), liveP99: percentile(latencies, 0.99), liveMax: percentile(latencies, 1) };
}

async function probe(url: string, due: number): Promise<number> {
  await requestOnce(`${url}/health/live`);
  return performance.now() - due;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../harness/bench.js';
import { nodeServer, withServers } from '../harness/candidates.js';
import { usageOf } from '../harness/process-usage.js';
import { LINES, PAGE, renderPage } from '../harness/rendered-page.js';
import { inRounds, columnsOf } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import { percentile } from '../harness/statistics.js';
import { isReady } from './is-ready.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CLIENTS = 4;
const PROBE_EVERY_MS = 10;

const candidates = ['main thread', '1 thread', '2 threads'].map((name, threads) => ({
  name,
  spec: { ...nodeServer('vision-chat', { THREADS: String(threads) }), isReady, isPinned: false },
}));

export const ocr: Scenario = {
  id: 'ocr',
  title: 'Pictures',
  run: async (bench) => {
    const pages = await Promise.all(Array.from({ length: CLIENTS }, (_, number) => renderPage(number)));
    const measured = await inRounds(
      candidates.map(({ name }) => name),
      1,
      (name) => {
        bench.tell(name);
        const candidate = candidates.filter((each) => each.name === name);
        return withServers(candidate, (servers) => measure(bench, serverOf(servers, name), pages));
      },
    );
    return {
      about:
        `${CLIENTS} clients post pictures of ${PAGE.width} x ${PAGE.height} to apps/vision-chat, and /health/live is asked every ${PROBE_EVERY_MS} ms, ` +
        'whether it has answered or not: its latency tells how long the event loop was blocked. The runner itself takes a little of both cores.',
      absent: [],
      judgedBy: 'perSecond',
      columns: [
        { key: 'perSecond', label: 'pictures/s', digits: 2 },
        { key: 'cpuMs', label: 'CPU ms/picture', digits: 0 },
        { key: 'liveP50', label: 'live p50 ms', digits: 1 },
        { key: 'liveP99', label: 'p99 ms', digits: 1 },
        { key: 'liveMax', label: 'max ms', digits: 1 },
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

type Figure = 'perSecond' | 'cpuMs' | 'liveP50' | 'liveP99' | 'liveMax' | 'rssMb';

async function measure(bench: Bench, { url, pid }: Server, pages: readonly Buffer[]): Promise<Record<Figure, number>> {
  await readPage(url, pages[0]);
  const before = usageOf(pid);
  const startedAt = performance.now();
  const endsAt = startedAt + 6 * bench.windowMs;
  let read = 0;
  const client = async (number: number): Promise<void> => {
    for (let index = number; performance.now() < endsAt; index++) {
      await readPage(url, pages[index % pages.length]);
      read++;
    }
  };
  const [latencies] = await Promise.all([probeUntil(url, endsAt), ...pages.map((_, number) => client(number))]);
  const after = usageOf(pid);
  return {
    perSecond: read / ((performance.now() - startedAt) / 1000),
    cpuMs: (after.cpuMs - before.cpuMs) / read,
    liveP50: percentile(latencies, 0.5),
    liveP99: percentile(latencies, 0.99),
    liveMax: percentile(latencies, 1),
    rssMb: after.rssBytes / 1e6,
  };
}

async function readPage(url: string, page: Buffer): Promise<void> {
  const form = new FormData();
  form.append('file', new File([new Uint8Array(page)], 'page.jpg', { type: 'image/jpeg' }));
  const response = await fetch(`${url}/v1/documents/recognize`, { method: 'POST', body: form });
  const { lines } = (await response.json()) as { lines?: unknown[] };
  if (response.status !== 200 || (lines?.length ?? 0) < LINES)
    throw new Error(`a page was answered with ${response.status}, ${lines?.length} lines`);
}

/** Latencies in order. Each probe starts on time: one that is answered late must not hide others. */
async function probeUntil(url: string, endsAt: number): Promise<Float64Array> {
  const probes: Promise<number>[] = [];
  for (let due = performance.now(); due < endsAt; due += PROBE_EVERY_MS) {
    await sleep(Math.max(0, due - performance.now()));
    probes.push(probe(url, due));
  }
  return Float64Array.from(await Promise.all(probes)).sort();
}

async function probe(url: string, due: number): Promise<number> {
  const response = await fetch(`${url}/health/live`);
  await response.text();
  if (response.status !== 200) throw new Error(`the probe was answered with ${response.status}`);
  return performance.now() - due;
}

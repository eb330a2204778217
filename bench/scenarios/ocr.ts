import type { Bench } from '../harness/bench.js';
import { appServer, nestageServer, withServers } from '../harness/candidates.js';
import { LIVENESS_COLUMNS, probeLiveness } from '../harness/liveness.js';
import { usageOf } from '../harness/process-usage.js';
import { LINES, PAGE, renderPage } from '../harness/rendered-page.js';
import { inRounds, columnsOf } from '../harness/rounds.js';
import { requestOnce } from '../harness/single-request.js';
import type { Server } from '../harness/server-process.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CLIENTS = 4;

/** A picture as it is posted. */
interface Uploaded {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const candidates = [
  { name: 'main thread', spec: nestageServer('vision-chat-main-thread') },
  { name: '1 thread', spec: appServer('vision-chat', { OCR_THREADS: '1' }) },
  { name: '2 threads', spec: appServer('vision-chat', { OCR_THREADS: '2' }) },
].map(({ name, spec }) => ({ name, spec: { ...spec, isPinned: false } }));

export const ocr: Scenario = {
  id: 'ocr',
  title: 'Pictures',
  run: async (bench) => {
    const pages = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, number) => ({ type: 'image/jpeg', bytes: await renderPage(number) })),
    );
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
        `${CLIENTS} clients post pictures of ${PAGE.width} x ${PAGE.height} to apps/vision-chat, and /health/live is asked all the time, ` +
        'whether it has answered or not: its latency tells how long the event loop was blocked. The runner itself takes a little of both cores.',
      absent: [],
      judgedBy: 'perSecond',
      columns: [
        { key: 'perSecond', label: 'pictures/s', digits: 2 },
        { key: 'cpuMs', label: 'CPU ms/picture', digits: 0 },
        ...LIVENESS_COLUMNS,
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

async function measure(bench: Bench, { url, pid }: Server, pages: readonly Uploaded[]): Promise<Record<string, number>> {
  await readPage(url, pages[0]);
  const before = usageOf(pid);
  const startedAt = performance.now();
  const durationMs = 4 * bench.windowMs;
  const endsAt = startedAt + durationMs;
  let read = 0;
  const client = async (number: number): Promise<void> => {
    for (let index = number; performance.now() < endsAt; index++) {
      await readPage(url, pages[index % pages.length]);
      read++;
    }
  };
  const [liveness] = await Promise.all([probeLiveness(url, durationMs), ...pages.map((_, number) => client(number))]);
  const after = usageOf(pid);
  return {
    perSecond: read / ((performance.now() - startedAt) / 1000),
    cpuMs: (after.cpuMs - before.cpuMs) / read,
    ...liveness,
    rssMb: after.rssBytes / 1e6,
  };
}

async function readPage(url: string, page: Uploaded): Promise<void> {
  const { lines } = JSON.parse(await requestOnce(`${url}/v1/documents/recognize`, page)) as { lines: unknown[] };
  if (lines.length < LINES) throw new Error(`${lines.length} of ${LINES} lines of a picture were read`);
}

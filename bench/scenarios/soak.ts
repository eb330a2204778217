import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appServer, withServers } from '../harness/candidates.js';
import { statusBytes } from '../harness/process-usage.js';
import type { Server } from '../harness/server-process.js';
import type { Row } from '../report/result.types.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const SLICES = 10;
const SLICE_MS = 1500;
const CLIENTS = 32;
const ASKED = 'heap.asked';
const HEAP = 'heap';
const NAME = 'apps/echo';

/** Runs inside the service: when asked by a file, collects garbage and writes down how large the heap is. */
const sampler = `import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
setInterval(() => {
  if (!existsSync('${ASKED}')) return;
  rmSync('${ASKED}');
  globalThis.gc();
  writeFileSync('heap.new', String(process.memoryUsage().heapUsed));
  renameSync('heap.new', '${HEAP}');
}, 50).unref();`;

const good = { path: '/chat', body: '{"message":"hello"}' };
const bad = { path: '/chat', body: '{"message":5}' };
const requests = [bad, ...Array.from({ length: 9 }, () => good)];

export const soak: Scenario = {
  id: 'soak',
  title: 'Soak',
  run: async (bench) => {
    const { command, ...spec } = appServer('echo');
    const [node, ...args] = command;
    const flags = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(sampler)}`];
    const rows = await withServers([{ name: NAME, spec: { ...spec, command: [node, ...flags, ...args] } }], async (servers) => {
      const server = serverOf(servers, NAME);
      const rows: Row[] = [];
      let sent = 0;
      for (let slice = 1; slice <= (bench.isQuick ? 2 : SLICES); slice++) {
        bench.tell(`slice ${slice}`);
        const durationMs = bench.isQuick ? bench.windowMs : SLICE_MS;
        const result = await bench.generator.run({ kind: 'closed', port: server.port, requests, clients: CLIENTS, durationMs });
        sent += result.sent;
        rows.push({ name: `${slice}`, samples: { requests: [sent], ...(await memoryOf(server)) } });
      }
      return rows;
    });
    return {
      about: 'The echo app under load without a pause, a tenth of the requests bad; memory after a full collection of garbage.',
      absent: [],
      judgedBy: '',
      columns: [
        { key: 'requests', label: 'requests', digits: 0 },
        { key: 'heapMb', label: 'heap MB', digits: 1 },
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows,
    };
  },
};

async function memoryOf({ pid, folder }: Server): Promise<Record<'heapMb' | 'rssMb', number[]>> {
  const heap = join(folder, HEAP);
  writeFileSync(join(folder, ASKED), '');
  while (!existsSync(heap)) await sleep(20);
  const heapMb = Number(readFileSync(heap, 'utf8')) / 1e6;
  rmSync(heap);
  return { heapMb: [heapMb], rssMb: [statusBytes(pid, 'VmRSS') / 1e6] };
}

import type { Bench } from '../harness/bench.js';
import { nestageServer, withServers } from '../harness/candidates.js';
import { checkAllGood } from '../harness/check-answer.js';
import { LIVENESS_COLUMNS, probeLiveness } from '../harness/liveness.js';
import { usageOf } from '../harness/process-usage.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CLIENTS = 8;
const body = JSON.stringify({ message: 'hello' });

const candidates = [
  { name: 'one process', path: '/work', env: { WORKERS: '1' } },
  { name: 'workers: 2', path: '/work', env: { WORKERS: '2' } },
  { name: 'worker, 1 thread', path: '/threads', env: { THREADS: '1' } },
  { name: 'worker, 2 threads', path: '/threads', env: { THREADS: '2' } },
].map(({ name, path, env }) => ({ name, path, spec: { ...nestageServer('nestage-cores', env), isPinned: false } }));

export const cores: Scenario = {
  id: 'cores',
  title: 'All cores',
  run: async (bench) => {
    const measured = await withServers(candidates, (servers) =>
      inRounds(
        candidates.map(({ name }) => name),
        Math.min(3, bench.rounds),
        (name, round) => {
          bench.tell(`round ${round + 1}: ${name}`);
          const path = candidates.find((each) => each.name === name)?.path ?? '';
          return measure(bench, serverOf(servers, name), path);
        },
      ),
    );
    return {
      about:
        `A \`run\` that keeps a core busy for some milliseconds, ${CLIENTS} clients: in the main thread of one process, of two by \`workers: 2\`, and in threads ` +
        'by `worker`. "live" is how long /health/live takes meanwhile.',
      absent: [],
      judgedBy: 'perSecond',
      columns: [
        { key: 'perSecond', label: 'requests/s', digits: 0 },
        { key: 'cpuMs', label: 'CPU ms/request', digits: 2 },
        { key: 'p99', label: 'p99 ms', digits: 1 },
        ...LIVENESS_COLUMNS,
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

async function measure(bench: Bench, { port, url, pid }: Server, path: string): Promise<Record<string, number>> {
  const before = usageOf(pid);
  const durationMs = bench.windowMs;
  const load = bench.generator.run({ kind: 'closed', port, requests: [{ path, body }], clients: CLIENTS, durationMs });
  const [result, liveness] = await Promise.all([load, probeLiveness(url, durationMs)]);
  const after = usageOf(pid);
  checkAllGood(path, result);
  return {
    perSecond: result.sent / (result.durationMs / 1000),
    cpuMs: (after.cpuMs - before.cpuMs) / result.sent,
    p99: result.latencyMs.p99,
    ...liveness,
    rssMb: after.rssBytes / 1e6,
  };
}

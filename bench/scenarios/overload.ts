import type { Bench } from '../harness/bench.js';
import { type Candidate, nestageServer, nodeServer, withServers } from '../harness/candidates.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import type { LoadResult } from '../load/load.types.js';
import { CALL_MS, LANES } from '../servers/device.js';
import { type Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CAPACITY = (LANES / CALL_MS) * 1000;
const DEADLINE_MS = 500;
const TIMES = [1, 2, 10] as const;
const requests = [{ path: '/limited', body: JSON.stringify({ message: 'hello' }) }];

const candidates: readonly Candidate[] = [
  { name: 'nestage on Express', spec: nestageServer('nestage-device', { ADAPTER: 'express' }) },
  { name: 'Nest on Express', spec: nodeServer('nest-device') },
];

export const overload: Scenario = {
  id: 'overload',
  title: 'Overload',
  run: async (bench) => {
    const measured = await inRounds(
      candidates.map(({ name }) => name),
      Math.min(2, bench.rounds),
      async (name, round) => {
        bench.tell(`round ${round + 1}: ${name}`);
        const figures = [];
        // A new server for each load: what an overloaded one still has to do would fall upon the next.
        for (const times of TIMES)
          figures.push(
            await withServers(
              candidates.filter((each) => each.name === name),
              (servers) => measure(bench, serverOf(servers, name), times),
            ),
          );
        return Object.assign({}, ...figures) as Record<string, number>;
      },
    );
    return {
      about:
        `A device does ${LANES} requests at once in ${CALL_MS} ms each: ${CAPACITY} requests/s. Requests come at 1, 2 and 10 times that rate, and a client ` +
        `hangs up after ${DEADLINE_MS} ms. Goodput is what is answered with 200 in time, as a share of what the device can do. nestage has ` +
        `concurrency: ${LANES}, queue: ${4 * LANES}; Nest has nothing of the kind.`,
      absent: [],
      judgedBy: 'good10',
      columns: [
        ...TIMES.map((times) => ({ key: `good${times}`, label: `goodput at ${times} x`, digits: 2 })),
        { key: 'p99at10', label: 'p99 ms at 10 x', digits: 0 },
        { key: 'refused10', label: 'refused at 10 x', digits: 2 },
        { key: 'late10', label: 'too late at 10 x', digits: 2 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

async function measure(bench: Bench, { port }: Server, times: number): Promise<Record<string, number>> {
  const warmUp = { kind: 'closed', port, requests, clients: LANES, durationMs: 500 } as const;
  await bench.generator.run(warmUp);
  const durationMs = 2 * bench.windowMs;
  const settleMs = bench.isQuick ? 0 : 2 * DEADLINE_MS;
  const load = { kind: 'open', port, requests, durationMs, perSecond: times * CAPACITY, deadlineMs: DEADLINE_MS, settleMs } as const;
  const result = await bench.generator.run(load);
  return {
    [`good${times}`]: (result.statuses['200'] ?? 0) / (durationMs / 1000) / CAPACITY,
    [`p99at${times}`]: result.latencyMs.p99,
    [`refused${times}`]: refused(result) / result.sent,
    [`late${times}`]: (result.late + result.lost) / result.sent,
  };
}

function refused({ statuses }: LoadResult): number {
  return Object.entries(statuses).reduce((sum, [status, count]) => sum + (status === '200' ? 0 : count), 0);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../harness/bench.js';
import { nestageServer } from '../harness/candidates.js';
import { checkAllGood } from '../harness/check-answer.js';
import { usageOf } from '../harness/process-usage.js';
import { hasRedis, type RedisProbe, startRedis } from '../harness/redis.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import { type Server, type ServerSpec, startServer } from '../harness/server-process.js';
import { measureBullMq } from './bull-mq.js';
import type { Scenario } from './scenario.js';

const CLIENTS = 64;
const WAITING = 500;
/** As bench/servers/nestage-queue.ts sets it: within this time a lost worker is noticed. */
const LOCK_MS = 3000;
const requests = [{ path: '/queued', body: JSON.stringify({ message: 'hello' }) }];

const columns = [
  { key: 'perSecond', label: 'jobs/s', digits: 0 },
  { key: 'p50', label: 'p50 ms', digits: 1 },
  { key: 'p99', label: 'p99 ms', digits: 1 },
  { key: 'redisUs', label: 'Redis CPU µs/job', digits: 0 },
  { key: 'commands', label: 'commands/job', digits: 1 },
  { key: 'webUs', label: 'web CPU µs/job', digits: 0 },
  { key: 'workerUs', label: 'worker CPU µs/job', digits: 0 },
  { key: 'waitingBytes', label: 'bytes of a waiting job', digits: 0 },
  { key: 'recoveryMs', label: 'slowest answer, a worker killed, ms', digits: 0 },
];

export const queue: Scenario = {
  id: 'queue',
  title: 'Jobs on Redis',
  run: async (bench) => {
    const common = { judgedBy: 'redisUs', columns };
    const about =
      `The echo with execution: 'queue': one web process, one worker and one redis-server (append-only file, written out every second), ${CLIENTS} clients, ` +
      'all on this machine: so the CPU of each part says more than the jobs per second. In the last column one of two workers is killed under that load; its jobs run again ' +
      `after lockMs, here ${LOCK_MS}. BullMQ alone is a queue and a worker in one process.`;
    if (!hasRedis()) return { ...common, about, rows: [], absent: ['all: redis-server not installed'] };
    const measured = await inRounds(["execution: 'queue'", 'BullMQ alone'], Math.min(3, bench.rounds), async (name, round) => {
      bench.tell(`round ${round + 1}: ${name}`);
      const redis = await startRedis();
      try {
        return await (name === 'BullMQ alone' ? measureBullMq(redis, bench.isQuick ? 500 : 5000) : measureQueued(bench, redis));
      } finally {
        await redis.stop();
      }
    });
    return { ...common, about, absent: [], rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })) };
  },
};

async function measureQueued(bench: Bench, redis: RedisProbe): Promise<Record<string, number>> {
  const specOf = (role: string): ServerSpec => ({
    ...nestageServer('nestage-queue', { REDIS_URL: redis.url, QUEUE_ROLE: role }),
    isPinned: false,
  });
  const servers: Server[] = [];
  const start = async (role: string): Promise<Server> => {
    const server = await startServer(specOf(role));
    servers.push(server);
    return server;
  };
  try {
    const web = await start('web');
    const worker = await start('worker');
    const flow = await measureFlow(bench, redis, [web, worker]);
    await worker.stop();
    const waitingBytes = await measureWaiting(bench, redis, { web, startWorker: () => start('worker') });
    return { ...flow, waitingBytes, recoveryMs: await measureRecovery(bench, web, await start('worker')) };
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Memory of Redis for a job that waits: requests come while there is no worker, and are answered when there is one again. */
async function measureWaiting(
  { generator, isQuick }: Bench,
  redis: RedisProbe,
  { web, startWorker }: { web: Server; startWorker: () => Promise<Server> },
): Promise<number> {
  const clients = isQuick ? 50 : WAITING;
  const before = await redis.usage();
  const waiting = generator.run({ kind: 'closed', port: web.port, requests, clients, maxRequests: clients, durationMs: 60_000 });
  let after = await redis.usage();
  for (let last = -1; last !== after.memoryBytes || after.memoryBytes === before.memoryBytes;) {
    last = after.memoryBytes;
    await sleep(300);
    after = await redis.usage();
  }
  await startWorker();
  checkAllGood('waiting jobs', await waiting);
  return (after.memoryBytes - before.memoryBytes) / clients;
}

/** How long the loss of a worker holds work up: the slowest answer of a load in which one of two is killed. None may fail. */
async function measureRecovery({ generator, warmUpMs }: Bench, web: Server, victim: Server): Promise<number> {
  const load = generator.run({ kind: 'closed', port: web.port, requests, clients: CLIENTS, durationMs: warmUpMs + 2 * LOCK_MS });
  await sleep(warmUpMs);
  process.kill(victim.pid, 'SIGKILL');
  const result = await load;
  checkAllGood('after a worker was killed', result);
  return result.latencyMs.max;
}

async function measureFlow(
  { generator, windowMs, warmUpMs }: Bench,
  redis: RedisProbe,
  [web, worker]: readonly Server[],
): Promise<Record<string, number>> {
  const load = { kind: 'closed', port: web.port, requests, clients: CLIENTS } as const;
  await generator.run({ ...load, durationMs: warmUpMs });
  const before = [usageOf(web.pid).cpuMs, usageOf(worker.pid).cpuMs];
  const redisBefore = await redis.usage();
  const result = await generator.run({ ...load, durationMs: windowMs });
  const redisAfter = await redis.usage();
  const after = [usageOf(web.pid).cpuMs, usageOf(worker.pid).cpuMs];
  checkAllGood('queued', result);
  const { sent, durationMs, latencyMs } = result;
  return {
    perSecond: sent / (durationMs / 1000),
    p50: latencyMs.p50,
    p99: latencyMs.p99,
    redisUs: (redisAfter.cpuUs - redisBefore.cpuUs) / sent,
    commands: (redisAfter.commands - redisBefore.commands) / sent,
    webUs: ((after[0] - before[0]) * 1000) / sent,
    workerUs: ((after[1] - before[1]) * 1000) / sent,
  };
}

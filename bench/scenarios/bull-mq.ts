import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { RedisProbe } from '../harness/redis.js';

const CONCURRENCY = 20;
const BULK = 500;
const data = { message: 'hello' };

/** So many jobs that do nothing, by a queue and a worker as BullMQ's documentation shows them: what the engine itself costs Redis. */
export async function measureBullMq(redis: RedisProbe, jobs: number): Promise<Record<string, number>> {
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('bench', { connection });
  const before = await redis.usage();
  for (let added = 0; added < jobs; added += BULK) {
    await queue.addBulk(Array.from({ length: BULK }, () => ({ name: 'echo', data, opts: { removeOnComplete: true } })));
  }
  const waiting = await redis.usage();
  const startedAt = performance.now();
  const worker = new Worker('bench', async () => data, { connection, concurrency: CONCURRENCY });
  try {
    await completed(worker, jobs);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await redis.usage();
    return {
      perSecond: jobs / seconds,
      redisUs: (after.cpuUs - before.cpuUs) / jobs,
      commands: (after.commands - before.commands) / jobs,
      waitingBytes: (waiting.memoryBytes - before.memoryBytes) / jobs,
    };
  } finally {
    await worker.close();
    await queue.close();
    connection.disconnect();
  }
}

function completed(worker: Worker, jobs: number): Promise<void> {
  return new Promise((resolve) => {
    let done = 0;
    worker.on('completed', () => {
      if (++done === jobs) resolve();
    });
  });
}

import { systemClock } from '../../libs/nestage/src/common/clock.js';
import { BullJobEngine } from '../../libs/nestage/src/queue/engine/bull-job-engine.js';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';
import { type ContractEngineOptions, describeJobEngine } from '../support/job-engine-contract.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let count = 0;

/** Two processes of a service, as far as Redis can tell. */
describeJobEngine('BullJobEngine', async ({ maxWaiting = 0, eventsKept = 1000 }: ContractEngineOptions) => {
  const prefix = `{test-${++count}}`;
  const log = new MemoryLogWriter();
  const commandTimeoutMs = 5000;
  const setUp = (isWorker: boolean) => {
    const link = new RedisLink({ connection: redis.url, commandTimeoutMs, log, clock: systemClock });
    const engine = new BullJobEngine({
      link,
      log,
      prefix,
      isWorker,
      lockMs: 3000,
      maxBacklog: maxWaiting,
      eventsKept,
      commandTimeoutMs,
    });
    return { link, engine };
  };
  const [front, back] = [setUp(false), setUp(true)];
  await Promise.all([front, back].map(({ link }) => new Promise<void>((resolve) => link.whenReady(resolve))));
  return {
    front: front.engine,
    back: back.engine,
    close: async () => {
      for (const { engine, link } of [front, back]) {
        await engine.close(0);
        link.close();
      }
    },
  };
});

// A worker in a process of its own, which tells a file of each job before and after it. Run by the tests of chaos.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../libs/nestage/src/common/clock.js';
import { BullJobEngine } from '../../libs/nestage/src/queue/engine/bull-job-engine.js';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';

const { REDIS_URL = '', PREFIX = '', LEDGER = '', JOB_MS = '20', LOCK_MS = '900', ROUTE = '' } = process.env;

const log = new MemoryLogWriter();
const link = new RedisLink({ connection: REDIS_URL, commandTimeoutMs: 2000, log, clock: systemClock });
const engine = new BullJobEngine({
  link,
  log,
  prefix: PREFIX,
  isWorker: true,
  lockMs: Number(LOCK_MS),
  maxBacklog: 0,
  eventsKept: 100,
  commandTimeoutMs: 2000,
});
link.whenReady(() => process.send?.('ready'));
engine.work({ kind: 'request', routes: [ROUTE], concurrency: 4 }, async ({ id, payload }) => {
  appendFileSync(LEDGER, `begin ${id}\n`);
  if (payload === 'poison') process.kill(process.pid, 'SIGKILL');
  await sleep(Number(JOB_MS));
  appendFileSync(LEDGER, `end ${id}\n`);
  return { state: 'succeeded', result: id };
});
process.on('SIGTERM', () => {
  void engine.close(2000).then(() => {
    link.close();
    process.disconnect();
  });
});

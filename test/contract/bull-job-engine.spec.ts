import { systemClock } from '../../libs/nestage/src/common/clock.js';
import { BullJobEngine } from '../../libs/nestage/src/queue/engine/bull-job-engine.js';
import { JobMessages } from '../../libs/nestage/src/queue/engine/job-messages.js';
import { readEvents } from '../../libs/nestage/src/queue/engine/job-reading.js';
import { JobRecords } from '../../libs/nestage/src/queue/engine/job-records.js';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';
import { type ContractEngineOptions, describeJobEngine, newJob } from '../support/job-engine-contract.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let count = 0;

const engineInit = { lockMs: 3000, maxBacklog: 0, eventsKept: 1000, commandTimeoutMs: 5000 };

interface Process {
  readonly link: RedisLink;
  readonly engine: BullJobEngine;
  readonly prefix: string;
  readonly log: MemoryLogWriter;
}

/** Processes of a service, as far as Redis can tell: one that hands in, one that works. */
async function startProcesses({ maxWaiting = 0, eventsKept = 1000 }: ContractEngineOptions = {}) {
  const prefix = `{test-${++count}}`;
  const log = new MemoryLogWriter();
  const start = async (isWorker: boolean): Promise<Process> => {
    const link = new RedisLink({ connection: redis.url, commandTimeoutMs: engineInit.commandTimeoutMs, log, clock: systemClock });
    await new Promise<void>((resolve) => link.whenReady(resolve));
    const init = { ...engineInit, link, log, prefix, isWorker, maxBacklog: maxWaiting, eventsKept };
    return { link, engine: new BullJobEngine(init), prefix, log };
  };
  const [front, back] = await Promise.all([start(false), start(true)]);
  const close = async (): Promise<void> => {
    for (const { engine, link } of [front, back]) {
      await engine.close(0);
      link.close();
    }
  };
  return { front, back, close };
}

describeJobEngine('BullJobEngine', async (options) => {
  const { front, back, close } = await startProcesses(options);
  return { front: front.engine, back: back.engine, close };
});

describe('BullJobEngine', () => {
  const working = { kind: 'request', routes: ['POST /work'], concurrency: 1 } as const;
  let processes: Awaited<ReturnType<typeof startProcesses>>;
  beforeEach(async () => {
    processes = await startProcesses();
  });
  afterEach(() => processes.close());

  it('bears messages that make no sense, and goes by what it finds', async () => {
    const { front, back } = processes;
    const { link, log, prefix } = front;
    const messages = new JobMessages({ link, log, prefix });
    const records = new JobRecords({ prefix, eventsKept: 100, time: link.time });
    const job = newJob();
    await front.engine.add(job);
    const events = readEvents({ id: job.id, link, records, messages, eventsKept: 100, signal: new AbortController().signal });
    expect((await events.next()).value).toMatchObject({ data: 'waiting' });
    const hostile = [
      '{',
      'null',
      '7',
      JSON.stringify([`events ${job.id}`, 2, ['state {']]),
      JSON.stringify([`events ${job.id}`, 'x', [null]]),
    ];
    const publish = (text: string): Promise<number> => link.commands.publish(`${prefix}:to:${messages.process}`, text);
    await until(async () => (await publish('[]')) === 1);
    for (const text of hostile) await publish(text);
    await until(() => log.messages.some((message) => message.includes('makes no sense')));
    expect(log.messages.filter((message) => message.includes('makes no sense'))).toHaveLength(1);
    back.engine.work(working, async () => ({ state: 'succeeded', result: 'done' }));
    const states: unknown[] = [];
    for await (const { type, data } of events) if (type === 'state') states.push(data);
    expect(states.at(-1)).toBe('succeeded');
    messages.close();
  });

  it('holds nothing for a reader that has taken the last event, or has gone, though it asks for no other', async () => {
    const { front, back } = processes;
    const { link, log, prefix } = front;
    const messages = new JobMessages({ link, log, prefix });
    const records = new JobRecords({ prefix, eventsKept: 100, time: link.time });
    const read = (id: string) => readEvents({ id, link, records, messages, eventsKept: 100, signal: new AbortController().signal });
    const jobs = Array.from({ length: 3 }, () => newJob());
    for (const job of jobs) await front.engine.add(job);
    const readings = jobs.map(({ id }) => read(id));
    for (const reading of readings) expect((await reading.next()).value).toMatchObject({ data: 'waiting' });
    expect(messages.size).toBe(3);
    await readings[0].return();
    back.engine.work(working, async () => ({ state: 'succeeded', result: 'done' }));
    for (const reading of readings.slice(1)) {
      expect((await reading.next()).value).toMatchObject({ data: 'active' });
      expect((await reading.next()).value).toMatchObject({ data: 'succeeded' });
    }
    expect(messages.size).toBe(0);
    messages.close();
  });

  it('brings a short result with the last event; a long one is fetched', async () => {
    const { front, back } = processes;
    const long = 'x'.repeat(10_000);
    back.engine.work(working, async ({ payload }) => ({ state: 'succeeded', result: payload }));
    for (const [payload, brought] of [
      ['short', 'short'],
      [long, undefined],
    ]) {
      const job = newJob({ payload, delayMs: 50 });
      await front.engine.add(job);
      let last: unknown;
      for await (const event of front.engine.events(job.id, { signal: new AbortController().signal })) last = event;
      expect(last).toMatchObject({ data: 'succeeded' });
      expect((last as { result?: unknown }).result).toEqual(brought);
      expect(await front.engine.find(job.id)).toMatchObject({ result: payload });
    }
  });

  it('leaves nothing behind in Redis but names of queues, once jobs are forgotten', async () => {
    const { front, back } = processes;
    back.engine.work(working, async (_job, run) => {
      run.progress({ long: 'x'.repeat(100) });
      await run.item('item');
      return { state: 'succeeded', result: { long: 'x'.repeat(100_000) } };
    });
    const job = newJob();
    await front.engine.add(job);
    for await (const _ of front.engine.events(job.id, { signal: new AbortController().signal }));
    await front.engine.forget(job.id);
    const keys = await front.link.commands.keys(`${front.prefix}:*${job.id}*`);
    expect(keys.filter((key) => !key.includes(':bull:'))).toEqual([]);
  });

  it('refuses jobs while Redis is full, and waits for memory with what a job at work tells: no try is lost', async () => {
    const { front, back } = processes;
    const { commands } = front.link;
    const told: unknown[] = [];
    back.engine.work(working, async (_job, run) => {
      await run.item('before');
      await until(() => told.includes('full'));
      await run.item('after');
      return { state: 'succeeded', result: 'done' };
    });
    const reading = await front.engine.addAndRead(newJob({ tries: 1 }), { signal: new AbortController().signal });
    for await (const { data } of reading) {
      told.push(data);
      if (data !== 'before') continue;
      await commands.config('SET', 'maxmemory', 1);
      const refused = front.engine.add(newJob());
      await expect(refused).rejects.toMatchObject({ code: 'jobs_unavailable', message: 'Redis is full' });
      told.push('full');
      const refusals = await refusalsOf(front);
      await until(async () => (await refusalsOf(front)) > refusals);
      await commands.config('SET', 'maxmemory', 0);
    }
    expect(told).toEqual(['waiting', 'active', 'before', 'full', 'after', 'succeeded']);
  });

  it('says which right its user lacks, leaves no step half done, and goes on when it is given', async () => {
    const { link, prefix } = processes.front;
    await link.commands.acl('SETUSER', 'limited', 'on', '>secret', `~${prefix}:*`, '+@all');
    const log = new MemoryLogWriter();
    const limited = new RedisLink({
      connection: `redis://limited:secret@127.0.0.1:${redis.port}`,
      commandTimeoutMs: 5000,
      log,
      clock: systemClock,
    });
    await new Promise<void>((resolve) => limited.whenReady(resolve));
    const engine = new BullJobEngine({ ...engineInit, link: limited, log, prefix, isWorker: true });
    engine.work(working, async () => ({ state: 'succeeded', result: 'done' }));
    const job = newJob();
    const events = (await engine.addAndRead(job, { signal: new AbortController().signal }))[Symbol.asyncIterator]();
    await until(async () => (await engine.find(job.id))?.state === 'succeeded');
    await until(() => log.records.some(({ message }) => message.includes(`"&${prefix}:*"`)));
    await link.commands.acl('SETUSER', 'limited', `&${prefix}:*`);
    for (const data of ['waiting', 'active', 'succeeded']) expect((await events.next()).value).toMatchObject({ data });
    await engine.close(0);
    limited.close();
  });
});

/** How many commands Redis has refused for want of memory. */
async function refusalsOf({ link }: Process): Promise<number> {
  return Number(/^errorstat_OOM:count=(\d+)/m.exec(await link.commands.info('errorstats'))?.[1] ?? 0);
}

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChaosCluster } from '../support/chaos-cluster.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

let redis: RedisServer;
let proxy: CuttingProxy;
let cluster: ChaosCluster;

beforeAll(async () => {
  redis = await startRedis();
  proxy = await startCuttingProxy(redis.port);
});
afterAll(async () => {
  await proxy.close();
  await redis.stop();
});
afterEach(() => cluster.close());

const begin = async (url = redis.url, commandTimeoutMs?: number): Promise<void> => {
  cluster = new ChaosCluster(url, redis.url, commandTimeoutMs);
  await cluster.ready();
};
const allEnded = (ids: readonly string[]): Promise<void> =>
  until(() => {
    const { ended } = cluster.ledger();
    return ids.every((id) => ended.has(id));
  });
const eventually = async (isTrue: () => Promise<boolean>): Promise<void> => {
  while (!(await isTrue().catch(() => false))) await sleep(20);
};
/** Adds a job as soon as that is possible again. */
const addOne = async (): Promise<string> => {
  for (;;) {
    const [id] = await cluster.add(1);
    if (id !== undefined) return id;
    await sleep(20);
  }
};
const outcomeOf = (adding: Promise<unknown>): Promise<unknown> => adding.catch(({ code }: { code: unknown }) => code);

it('a worker killed at any moment loses no job: each is done, and only those that it held are begun twice', async () => {
  await begin();
  const concurrency = 4;
  const workers = await Promise.all(Array.from({ length: 3 }, () => cluster.startWorker()));
  const doubles: number[] = [];
  for (let repetition = 0; repetition < 10; repetition++) {
    const before = cluster.ledger();
    const ids = await cluster.add(200);
    expect(ids).toHaveLength(200);
    await until(() => cluster.ledger().begun.size > before.begun.size);
    await sleep(Math.random() * 200);
    const [victim] = workers.splice(Math.floor(Math.random() * workers.length), 1);
    victim.kill('SIGKILL');
    void cluster.startWorker().then((worker) => workers.push(worker));
    await allEnded(ids);
    await until(() => workers.length >= 2);
    const { begun } = cluster.ledger();
    doubles.push(ids.filter((id) => (begun.get(id) ?? 0) > 1).length);
  }
  await until(() => workers.length === 3);
  expect(doubles.every((count) => count <= concurrency)).toBe(true);
  expect(await cluster.engine.backlog()).toMatchObject({ waiting: 0, active: 0 });
});

it('a job that kills its worker ends dead after its tries, and tells why', async () => {
  await begin();
  const job = cluster.job({ payload: 'poison', tries: 2 });
  await cluster.engine.add(job);
  for (let death = 0; death < 2; death++) await once(await cluster.startWorker(), 'exit');
  await cluster.startWorker();
  await eventually(async () => (await cluster.engine.find(job.id))?.state === 'dead');
  expect(await cluster.engine.find(job.id)).toMatchObject({ attempt: 2, deadBecause: expect.stringContaining('worker was lost') });
  expect(cluster.ledger().begun.get(job.id)).toBe(2);
});

it('Redis killed and started again has every job that was acknowledged; in between, work is refused and never done', async () => {
  await begin(redis.url, 30_000); // a busy machine is no outage
  const worker = cluster.startWorker({ JOB_MS: '5' });
  const acknowledged = await cluster.add(100);
  await worker;
  await redis.kill();
  await until(() => !cluster.link.isUp);
  const refused = [cluster.job(), cluster.job()];
  for (const job of refused) expect(await outcomeOf(cluster.engine.add(job))).toBe('jobs_unavailable');
  expect(await outcomeOf(cluster.engine.backlog())).toBe('jobs_unavailable');
  await redis.restart();
  await cluster.ready();
  await until(() => cluster.link.isUp);
  acknowledged.push(...(await cluster.add(20)));
  expect(acknowledged).toHaveLength(120);
  await allEnded(acknowledged);
  const { begun } = cluster.ledger();
  for (const { id } of refused) expect([await cluster.engine.find(id), begun.has(id)]).toEqual([undefined, false]);
  const told = cluster.log.records.filter(({ message }) => message.startsWith('Redis is')).map(({ message }) => message.slice(0, 13));
  expect(told).toEqual(['Redis is away', 'Redis is back']);
});

it('a network that is cut refuses work; one that swallows it refuses it, too, and brings none of it later', async () => {
  await begin(`redis://127.0.0.1:${proxy.port}`, 300);
  await cluster.startWorker();
  const done = await addOne();
  proxy.cut();
  await until(() => !cluster.link.isUp);
  expect(await outcomeOf(cluster.engine.add(cluster.job()))).toBe('jobs_unavailable');
  proxy.mend();
  await allEnded([done, await addOne()]);

  proxy.stall();
  const swallowed = Array.from({ length: 5 }, () => cluster.job());
  const outcomes = await Promise.all(swallowed.map((job) => outcomeOf(cluster.engine.add(job))));
  expect(outcomes).toEqual(swallowed.map(() => 'jobs_unavailable'));
  proxy.mend(); // what was held back arrives now, after it has been refused
  await allEnded([await addOne()]);
  const { begun } = cluster.ledger();
  for (const { id } of swallowed) expect([begun.has(id), await cluster.engine.find(id)]).toEqual([false, undefined]);
});

it('clocks that are wrong, or jump, lose no job and end none before its time', async () => {
  await begin();
  const clock = cluster.write('clock', '+1h');
  await cluster.startWorker({ JOB_MS: '50' }, clock);
  const inTime = cluster.job({ deadline: Date.now() + 60_000 });
  expect(await cluster.engine.add(inTime)).toBe(true);
  const ids = await cluster.add(60);
  await until(() => cluster.ledger().ended.size > 5);
  cluster.write('clock', '-2h');
  await until(() => cluster.ledger().ended.size > 25);
  cluster.write('clock', '+3h');
  await allEnded([...ids, inTime.id]);
  const { begun } = cluster.ledger();
  expect([...begun.values()].every((count) => count === 1)).toBe(true);
  await eventually(async () => (await cluster.engine.find(inTime.id))?.state === 'succeeded');
  const { createdAt, finishedAt = 0 } = (await cluster.engine.find(ids[59])) ?? { createdAt: 0 };
  expect([Math.abs(createdAt - Date.now()) < 60_000, finishedAt >= createdAt]).toEqual([true, true]);
});

it('a thousand waiting jobs that are called off never begin, and leave nothing behind', async () => {
  await begin();
  const ids = await cluster.add(1000);
  expect(await cluster.engine.backlog()).toMatchObject({ waiting: 1000 });
  const cancelled = await Promise.all(ids.map((id) => cluster.engine.cancel(id)));
  expect(cancelled.every(Boolean)).toBe(true);
  expect(await cluster.engine.backlog()).toEqual({ waiting: 0, delayed: 0, active: 0, oldestMs: 0 });
  await cluster.startWorker();
  const [last] = await cluster.add(1);
  await allEnded([last]);
  expect([...cluster.ledger().begun.keys()]).toEqual([last]);
  expect((await cluster.engine.find(ids[500]))?.state).toBe('cancelled');
});

it('a worker that is told to stop ends its jobs or gives them back', async () => {
  await begin();
  const worker = await cluster.startWorker({ JOB_MS: '50' });
  const ids = await cluster.add(40);
  await until(() => cluster.ledger().begun.size >= 4);
  const exit = once(worker, 'exit');
  worker.kill('SIGTERM');
  await exit;
  const { begun, ended } = cluster.ledger();
  expect(ended.size).toBe(begun.size);
  const { waiting, active } = await cluster.engine.backlog();
  expect([waiting + ended.size, active]).toEqual([40, 0]);
  await cluster.startWorker();
  await allEnded(ids);
  expect([...cluster.ledger().begun.values()].every((count) => count === 1)).toBe(true);
});

it('a worker that is told to stop while Redis is away ends by itself', async () => {
  await begin();
  const worker = await cluster.startWorker({ JOB_MS: '50' });
  await allEnded([await addOne()]);
  await redis.kill();
  const exit = once(worker, 'exit');
  worker.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  await redis.restart();
});

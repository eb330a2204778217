import { Redis } from 'ioredis';
import { ChaosCluster } from '../support/chaos-cluster.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

let primary: RedisServer;
let replica: RedisServer;
let proxy: CuttingProxy;
let cluster: ChaosCluster;
const clients: Redis[] = [];
const clientOf = ({ url }: RedisServer): Redis => {
  const client = new Redis(url);
  clients.push(client);
  return client;
};

beforeEach(async () => {
  primary = await startRedis();
  replica = await startRedis({ replicaof: `127.0.0.1 ${primary.port}` });
  proxy = await startCuttingProxy(primary.port);
  const url = `redis://127.0.0.1:${proxy.port}`;
  cluster = new ChaosCluster(url, url, 30_000); // a busy machine is no outage
});
afterEach(async () => {
  await cluster.close();
  for (const client of clients.splice(0)) client.disconnect();
  await proxy.close();
  await primary.stop();
  await replica.stop();
});

/** The replica takes over, and the address leads to it; the old primary follows it, and no connection is closed. */
async function failOver(): Promise<void> {
  const [old, next] = [clientOf(primary), clientOf(replica)];
  await until(async () => (await next.info('replication')).includes('master_link_status:up'));
  await until(async () => (await old.wait(1, 100)) === 1);
  await next.replicaof('NO', 'ONE');
  proxy.lead(replica.port);
  await old.replicaof('127.0.0.1', replica.port);
}

const addWhenPossible = async (): Promise<string> => {
  const ids: string[] = [];
  await until(async () => ids.push(...(await cluster.add(1))) > 0);
  return ids[0];
};

it('after a failover all connections move to the new primary, and jobs, readers and workers go on', async () => {
  await cluster.ready();
  await cluster.startWorker();
  const first = await addWhenPossible();
  await until(() => cluster.ledger().ended.has(first));
  const awaited = cluster.job({ route: 'POST /elsewhere' });
  await cluster.engine.add(awaited);
  const events = cluster.engine.events(awaited.id, { signal: new AbortController().signal })[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ data: 'waiting' });

  await failOver();
  const second = await addWhenPossible();
  await until(() => cluster.ledger().ended.has(second));
  const next = events.next();
  await until(() => cluster.engine.cancel(awaited.id).catch(() => false));
  expect((await next).value).toMatchObject({ data: 'cancelled' });
  expect((await cluster.engine.find(first))?.state).toBe('succeeded');
});

it('an address that leads to a replica is no Redis to work with, which is told once', async () => {
  const other = clientOf(replica);
  await until(async () => (await other.info('replication')).includes('master_link_status:up'));
  proxy.lead(replica.port);
  proxy.cut();
  proxy.mend();
  const refused = await cluster.engine.add(cluster.job()).catch(({ code }: { code: unknown }) => code);
  expect(refused).toBe('jobs_unavailable');
  await until(() => cluster.link.fault === 'it is a read-only replica');
  proxy.lead(primary.port);
  await cluster.ready();
  expect(await cluster.add(1)).toHaveLength(1);
  const told = cluster.log.records.filter(({ message }) => message.startsWith('Redis is away'));
  expect(told.length).toBe(1);
});

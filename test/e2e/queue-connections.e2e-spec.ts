import { Redis } from 'ioredis';
import { QueueModule, type QueueOptions } from 'nestage/queue';
import { QUEUE_HANDLERS } from '../support/queue-handlers.js';
import { RedisServices } from '../support/redis-services.js';
import type { TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

/** What docs/scaling.md says of the connections of a process. */
describe('the connections of a process to Redis', () => {
  const services = new RedisServices();
  let onlooker: Redis;

  beforeEach(() => {
    onlooker = new Redis(services.redis.url, { connectionName: 'onlooker' });
  });
  afterEach(() => onlooker.quit());

  const start = (options: QueueOptions): Promise<TestService> =>
    services.start({
      adapter: 'express',
      imports: [QueueModule.forRoot({ connection: services.redis.url, prefix: '{connections}', ...options })],
      providers: QUEUE_HANDLERS,
    });

  /** Names of the connections that Redis has, those of BullMQ's queues as "queue". */
  async function connections(): Promise<string[]> {
    const list = String(await onlooker.client('LIST'));
    const names = [...list.matchAll(/ name=(\S+)/g)].map(([, name]) => name).filter((name) => name !== 'onlooker');
    return names.map((name) => name.replace(/^\{.*/, 'queue').replace(/^nestage:/, '')).sort();
  }

  /** Those of the test before may take a moment to go, as new ones do to come. */
  async function expectConnections(expected: readonly string[]): Promise<void> {
    const wanted = [...expected].sort().join();
    await until(async () => (await connections()).join() === wanted);
  }

  it('are three of a worker and one for each of its queues', async () => {
    await start({ role: 'worker' });
    await expectConnections(['commands', 'messages', 'worker', 'queue', 'queue', 'queue']);
  });

  it('are one of a web process, two from its first job on, three from its first long value on', async () => {
    const web = await start({ role: 'web' });
    await expectConnections(['commands']);
    const worker = ['commands', 'messages', 'worker', 'queue', 'queue', 'queue'];
    await start({ role: 'worker' });
    expect((await web.post('/run', { kind: 'text', text: 'a' })).status).toBe(200);
    await expectConnections([...worker, 'commands', 'messages']);
    expect((await web.post('/run', { kind: 'large' })).status).toBe(200);
    await expectConnections([...worker, 'commands', 'messages', 'payloads', 'payloads']);
  });

  it('are one more where breakers are shared, and none more for rate limits', async () => {
    await start({ role: 'web', share: ['rateLimits', 'breakers'] });
    await expectConnections(['commands', 'events']);
  });
});

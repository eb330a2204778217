import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { QueueModule } from 'nestage/queue';
import { FakeClock, MemoryLogWriter } from 'nestage/testing';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { writeFault } from '../../libs/nestage/src/queue/redis/write-fault.js';
import { QUEUE_HANDLERS } from '../support/queue-handlers.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

interface Health {
  readonly status: string;
  readonly checks: { readonly queue: { readonly status: string; readonly error?: string; readonly details?: Record<string, unknown> } };
}

const REMEDY = 'raise its maxmemory, or let it hold less; new work is refused with 503 meanwhile';
const FULL = `Redis is full: ${REMEDY}`;

/** Small enough to be full of what a Redis is made of, with its connections. */
const FULL_BYTES = '1mb';
const ROOM_BYTES = '64mb';

describe.each(ADAPTERS)('a service whose Redis has no memory left on %s', (adapter) => {
  let redis: RedisServer;
  let operator: Redis;
  let service: TestService;

  beforeEach(async () => {
    redis = await startRedis({ maxmemory: FULL_BYTES, 'maxmemory-policy': 'noeviction' });
    operator = new Redis(redis.url);
    await fill();
    service = await startTestService({
      adapter,
      imports: [QueueModule.forRoot({ connection: redis.url, role: 'both' })],
      providers: QUEUE_HANDLERS,
      options: { health: { cacheMs: 0 } },
    });
  });
  afterEach(async () => {
    await service.close();
    await operator.quit();
    await redis.stop();
  });

  /** Writes until Redis takes no more. */
  async function fill(): Promise<void> {
    for (;;) {
      try {
        await operator.rpush('ballast', randomBytes(10_000));
      } catch (error) {
        expect((error as Error).message).toMatch(/^OOM /);
        return;
      }
    }
  }

  const health = async (): Promise<Health> => (await (await fetch(`${service.url}/health`)).json()) as Health;
  const run = async (kind: string): Promise<number> => (await service.post('/run', { kind, text: 'a' })).status;

  it('says so at /health, serves what needs no queue, and is well again when there is memory', async () => {
    await until(async () => (await health()).checks.queue.error === FULL);
    expect(await health()).toMatchObject({
      status: 'degraded',
      checks: { queue: { status: 'unhealthy', details: { role: 'both', waiting: 0 } } },
    });
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    expect((await service.post('/local', {})).status).toBe(200);

    await operator.config('SET', 'maxmemory', ROOM_BYTES);
    await until(async () => (await health()).status === 'healthy');
    expect((await health()).checks.queue).not.toHaveProperty('error');
    expect(await operator.keys('*health*')).toEqual([]);
    await until(async () => (await run('text')) === 200);
  });
});

describe('a Redis that refuses', () => {
  let redis: RedisServer;
  let operator: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    operator = new Redis(redis.url);
  });
  afterAll(async () => {
    await operator.quit();
    await redis.stop();
  });

  async function linked(clock: FakeClock, user = ''): Promise<RedisLink> {
    const connection = `redis://${user}127.0.0.1:${redis.port}`;
    const link = new RedisLink({ connection, commandTimeoutMs: 60_000, log: new MemoryLogWriter(), clock });
    await until(() => link.isUp);
    return link;
  }

  it('a value is told of for ten seconds, though another has room by then', async () => {
    const clock = new FakeClock();
    const link = await linked(clock);
    await operator.config('SET', 'maxmemory', 1);
    expect(await writeFault(link, 'health')).toBe(FULL);
    await expect(link.attempt((commands) => commands.set('large', 'value'))).rejects.toMatchObject({ message: 'Redis is full' });
    await operator.config('SET', 'maxmemory', 0);
    clock.advance(9999);
    expect(await writeFault(link, 'health')).toBe(`Redis had no memory for what it was given 9999 ms ago: ${REMEDY}`);
    clock.advance(1);
    expect(await writeFault(link, 'health')).toBeUndefined();
    link.close();
  });

  it('any write is told of with its reason', async () => {
    const link = await linked(new FakeClock());
    await operator.config('SET', 'min-replicas-to-write', 1);
    expect(await writeFault(link, 'health')).toBe('Redis takes no writes: NOREPLICAS Not enough good replicas to write.');
    await operator.config('SET', 'min-replicas-to-write', 0);
    expect(await writeFault(link, 'health')).toBeUndefined();
    link.close();
  });

  it('the question itself, to a user that may not ask it, is no fault', async () => {
    await operator.acl('SETUSER', 'limited', 'on', '>secret', '~other:*', '+@all');
    const link = await linked(new FakeClock(), 'limited:secret@');
    expect(await writeFault(link, 'health')).toBeUndefined();
    link.close();
  });
});

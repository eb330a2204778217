import { QueueModule } from 'nestage/queue';
import { SecurityModule } from 'nestage/security';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { QUEUE_HANDLERS, QueueModel } from '../support/queue-handlers.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

const HOUR_MS = 3_600_000;

let redis: RedisServer;
let proxy: CuttingProxy;
const open: TestService[] = [];
beforeEach(async () => {
  redis = await startRedis();
  proxy = await startCuttingProxy(redis.port);
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
  await proxy.close();
  await redis.stop();
});

/** Ways to lose Redis: it is gone, or it takes everything and answers nothing. */
const OUTAGES = {
  killed: () => redis.kill(),
  frozen: async () => redis.freeze(),
} as const;

/** What `shutdownGraceMs` leaves to work. */
const GRACE_MS = 100;

describe.each(ADAPTERS)('a service whose Redis is lost on %s', (adapter) => {
  async function start(role: 'web' | 'worker' | 'both', commandTimeoutMs: number, port = redis.port): Promise<TestService> {
    const connection = `redis://127.0.0.1:${port}`;
    const service = await startTestService({
      adapter,
      imports: [
        QueueModule.forRoot({ connection, role, commandTimeoutMs, share: ['rateLimits', 'breakers'] }),
        SecurityModule.forRoot({ rateLimit: { limit: 1000, windowMs: HOUR_MS } }),
      ],
      providers: QUEUE_HANDLERS,
      options: { shutdownGraceMs: GRACE_MS },
    });
    open.push(service);
    await until(() => service.app.get(RedisLink).isUp);
    return service;
  }

  it.each(['killed', 'frozen'] as const)('answers all the same while it is %s, and ends', async (outage) => {
    const service = await start('both', 2000);
    await until(async () => (await service.post('/run', { kind: 'text', text: 'a' })).status === 200);
    await OUTAGES[outage]();
    expect((await service.post('/run', { kind: 'text', text: 'a' })).status).toBe(503);
    expect((await service.post('/local', {})).status).toBe(200);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${service.url}/health`)).status).toBeGreaterThan(0);
    expect((await fetch(`${service.url}/metrics`)).status).toBe(200);
    await service.close();
  });

  it.each(['killed', 'frozen'] as const)('ends with work under way while it is %s', async (outage) => {
    const worker = await start('worker', 2000);
    const web = await start('web', 2000);
    const gone = web.post('/run', { kind: 'slow' });
    await until(() => worker.log.records.some(({ message }) => message.startsWith('Request handler type')));
    await OUTAGES[outage]();
    await worker.close();
    expect(worker.app.get(QueueModel).aborted).toHaveLength(1);
    await web.close();
    expect((await gone).status).toBeGreaterThanOrEqual(500);
  });

  it('refuses what is on its way to Redis when the connection breaks, though it comes back at once', async () => {
    const service = await start('web', HOUR_MS, proxy.port);
    proxy.stall();
    const asked = service.app.get(RedisLink).attempt((commands) => commands.ping());
    proxy.cut();
    proxy.mend();
    await expect(asked).rejects.toMatchObject({ code: 'jobs_unavailable' });
  });
});

import { ModelError, StageHandler } from 'nestage';
import { QueueModule } from 'nestage/queue';
import { SecurityModule } from 'nestage/security';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { RedisServices } from '../support/redis-services.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

/** One model of the whole service: its replicas differ in nothing but their process. */
class Model {
  isBroken = false;
  runs = 0;
}

const RESET_MS = 800;
const HOUR_MS = 3_600_000;

@StageHandler('/model', { request: false, breaker: { errorThreshold: 2, resetIntervalMs: RESET_MS } })
class ModelHandler {
  constructor(readonly model: Model) {}
  async run(): Promise<object> {
    this.model.runs++;
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.model.isBroken) throw new ModelError('broken');
    return {};
  }
}

const services = new RedisServices();

describe.each(ADAPTERS)('replicas that share their state on %s', (adapter) => {
  async function startReplicas() {
    const model = new Model();
    const prefix = services.newPrefix();
    const start = (): Promise<TestService> =>
      services.start({
        adapter,
        imports: [
          QueueModule.forRoot({ connection: services.redis.url, prefix, share: ['rateLimits', 'breakers'], commandTimeoutMs: HOUR_MS }),
          SecurityModule.forRoot({ rateLimit: { limit: 1000, paths: { '/limited': { limit: 3, windowMs: 60_000 } } } }),
        ],
        providers: [{ provide: Model, useValue: model }, ModelHandler, LimitedHandler],
      });
    const [first, second] = [await start(), await start()];
    await until(() => [first, second].every(({ app }) => app.get(RedisLink).isUp));
    return { model, first, second };
  }

  const statusesOf = async (services: readonly TestService[], path: string): Promise<number[]> => {
    const statuses: number[] = [];
    for (const service of services) statuses.push((await service.post(path, {})).status);
    return statuses;
  };

  it('count the requests of a limit together', async () => {
    const { first, second } = await startReplicas();
    expect(await statusesOf([first, second, first, second, first], '/limited')).toEqual([200, 200, 200, 429, 429]);
    const refused = await second.post('/limited', {});
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  });

  it('open their breakers together, send one probe in all, and close together', async () => {
    const { first, second, model } = await startReplicas();
    model.isBroken = true;
    expect(await statusesOf([first, first], '/model')).toEqual([502, 502]);
    await until(() => second.log.records.some(({ message }) => message.includes('closed -> open')));
    expect(await statusesOf([first, second], '/model')).toEqual([503, 503]);
    expect(model.runs).toBe(2);
    model.isBroken = false;
    while (model.runs === 2) {
      const round = Array.from({ length: 6 }, (_, index) => (index % 2 ? first : second).post('/model', {}));
      const statuses = (await Promise.all(round)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1);
    }
    await until(() => [first, second].every(({ log }) => log.records.some(({ message }) => message.includes('-> closed'))));
    expect(await statusesOf([first, second], '/model')).toEqual([200, 200]);
  });

  it('each have their own while Redis is away, and say so once', async () => {
    const { first, model } = await startReplicas();
    await services.redis.kill();
    expect(await statusesOf([first, first, first, first], '/limited')).toEqual([200, 200, 200, 429]);
    model.isBroken = true;
    expect(await statusesOf([first, first, first], '/model')).toEqual([502, 502, 503]);
    model.isBroken = false;
    while ((await first.post('/model', {})).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    await services.redis.restart();
    await until(() => first.log.records.some(({ message }) => message.includes('shared with the other replicas again')));
    const told = (text: string): number => first.log.records.filter(({ message }) => message.includes(text)).length;
    expect([told('this process counts by itself'), told('each replica has its own'), told('work for its queues is refused')]).toEqual([
      1, 1, 1,
    ]);
  });
});

@StageHandler('/limited', { request: false })
class LimitedHandler {
  run(): object {
    return {};
  }
}

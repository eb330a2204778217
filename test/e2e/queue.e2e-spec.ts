import { StageContext, StageHandler, StageModel, BusinessError } from 'nestage';
import { QueueModule, type QueueOptions } from 'nestage/queue';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

jest.setTimeout(60_000);

let redis: RedisServer;
const open: TestService[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

@StageModel()
class Model {
  static initialized = 0;
  initialize(): void {
    Model.initialized++;
  }
}

@StageHandler('/double', { request: false, execution: 'queue' })
class Double {
  constructor(readonly model: Model) {}
  preProcess(body: { n: number }): number {
    return body.n;
  }
  run(n: number, context: StageContext): number {
    context.response.setHeader('x-origin', context.origin);
    if (n < 0) throw new BusinessError('it must not be negative', { status: 409 });
    return 2 * n;
  }
  postProcess(result: number): object {
    return { result };
  }
}

let prefixes = 0;
describe.each(ADAPTERS)('a queued handler on %s', (adapter) => {
  async function start(web: QueueOptions = {}) {
    const connection = redis.url;
    const prefix = `{e2e-${++prefixes}}`;
    const of = async (options: QueueOptions): Promise<TestService> => {
      const service = await startTestService({
        adapter,
        imports: [QueueModule.forRoot({ connection, prefix, ...options })],
        providers: [Model, Double],
      });
      open.push(service);
      return service;
    };
    return { web: await of({ role: 'web', ...web }), worker: await of({ role: 'worker' }) };
  }

  it('is run by a worker', async () => {
    const { web, worker } = await start();
    const response = await web.post('/double', { n: 21 });
      web.log.records.filter((r) => r.level !== 'DEBUG'),
      worker.log.records,
    );
    expect([response.status, await response.json(), response.headers.get('x-origin')]).toEqual([200, { result: 42 }, 'job']);
    const refused = await web.post('/double', { n: -1 });
  });
});

import { type StageContext, StageHandler } from 'nestage';
import { JobsModule } from 'nestage/jobs';
import { QueueModule } from 'nestage/queue';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class Seen {
  readonly runs: string[] = [];
}

@StageHandler('/later', { request: false, jobs: true })
class LaterHandler {
  constructor(readonly seen: Seen) {}
  run({ n }: { n: number }, { origin }: StageContext): object {
    this.seen.runs.push(origin);
    return { n: n * 2 };
  }
}

@StageHandler('/both', { request: false, jobs: true, execution: 'queue' })
class BothHandler {
  constructor(readonly seen: Seen) {}
  run({ n }: { n: number }): object {
    this.seen.runs.push('run');
    return { n: n * 3 };
  }
}

let redis: RedisServer;
const open: TestService[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

let prefixes = 0;

describe.each(ADAPTERS)('jobs over Redis on %s', (adapter) => {
  it.each([
    ['/later', { n: 14 }],
    ['/both', { n: 21 }],
  ])('of %s are handed in here and done by a worker', async (path, expected) => {
    const prefix = `{jobs-${++prefixes}}`;
    for (const role of ['web', 'worker'] as const) {
      const service = await startTestService({
        adapter,
        imports: [QueueModule.forRoot({ connection: redis.url, prefix, role }), JobsModule.forRoot()],
        providers: [Seen, LaterHandler, BothHandler],
      });
      open.push(service);
    }
    const [web, worker] = open;
    const taken = await web.post(path, { n: 7 }, { headers: { prefer: 'respond-async' } });
    expect(taken.status).toBe(202);
    const location = taken.headers.get('location') ?? '';
    let result = await fetch(`${web.url}${location}/result`);
    while (result.status === 409) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      result = await fetch(`${web.url}${location}/result`);
    }
    expect([result.status, await result.json()]).toEqual([200, expected]);
    expect([web, worker].map(({ app }) => app.get(Seen).runs.length)).toEqual([0, 1]);
    const events = await (await fetch(`${web.url}${location}/events`)).text();
    expect(events).toContain('succeeded');
  });
});

import { type StageContext, StageHandler } from 'nestage';
import { JobsModule } from 'nestage/jobs';
import { QueueModule, type QueueRole } from 'nestage/queue';
import { RedisServices } from '../support/redis-services.js';
import { ADAPTERS } from '../support/test-service.js';

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

const services = new RedisServices();

describe.each(ADAPTERS)('jobs over Redis on %s', (adapter) => {
  it.each([
    ['/later', { n: 14 }],
    ['/both', { n: 21 }],
  ])('of %s are handed in here and done by a worker', async (path, expected) => {
    const shared = { connection: services.redis.url, prefix: services.newPrefix() };
    const start = (role: QueueRole) =>
      services.start({
        adapter,
        imports: [QueueModule.forRoot({ ...shared, role }), JobsModule.forRoot()],
        providers: [Seen, LaterHandler, BothHandler],
      });
    const [web, worker] = [await start('web'), await start('worker')];
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

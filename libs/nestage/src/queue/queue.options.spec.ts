import { type QueueOptions, resolveQueueOptions } from './queue.options.js';

describe(resolveQueueOptions, () => {
  it('fills the defaults field by field, from the environment where that has any', () => {
    expect(resolveQueueOptions({ tries: 5, lockMs: undefined }, {})).toMatchObject({ role: 'both', tries: 5, lockMs: 30_000, share: [] });
    const environment = { redisUrl: 'redis://10.0.0.1', queueRole: 'worker' };
    expect(resolveQueueOptions({}, environment)).toMatchObject({ connection: 'redis://10.0.0.1', role: 'worker' });
    expect(resolveQueueOptions({ connection: { port: 1 }, role: 'web' }, environment)).toMatchObject({
      connection: { port: 1 },
      role: 'web',
    });
  });

  it.each<[QueueOptions, string]>([
    [{ connection: 'localhost' }, '"connection" must be a URL such as "redis://127.0.0.1:6379" or an object, got "localhost"'],
    [{ role: 'boss' as never }, '"role" must be one of "web", "worker", "both", got "boss"'],
    [{ prefix: 'a:b' }, '"prefix" must be a string of letters, digits and . _ - { }, got "a:b"'],
    [{ lockMs: 10 }, '"lockMs" must be an integer >= 300, got 10'],
    [{ maxBacklog: -1 }, '"maxBacklog" must be an integer >= 0, got -1'],
    [{ payloads: 'disk' as never }, '"payloads" must be "redis" or a PayloadStore, got "disk"'],
    [{ share: ['breakers', 'caches' as never] }, '"share[1]" must be one of "rateLimits", "breakers", got "caches"'],
    [{ role: 'web' }, '"role" is "web", which needs Redis: give "connection" (set it in QueueModule.forRoot()), or REDIS_URL.'],
    [{ locks: 1 } as never, '"locks" is not an option'],
  ])('refuses %j', (options, message) => {
    expect(() => resolveQueueOptions(options, {})).toThrow(message);
  });

  it.each([
    [{ redisUrl: 'http://redis' }, '"REDIS_URL" must be a URL such as "redis://127.0.0.1:6379"'],
    [{ queueRole: 'master' }, '"QUEUE_ROLE" must be one of "web", "worker", "both", got "master" (set it in the environment).'],
  ])('refuses a variable %j', (environment, message) => {
    expect(() => resolveQueueOptions({}, environment)).toThrow(message);
  });
});

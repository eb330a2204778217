import fc from 'fast-check';
import { seconds } from '../../common/duration.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { LogWriter, type LogLevel } from '../log/log-writer.js';
import { createHealthCheck, type HealthCheck, type HealthCheckResult, type HealthStatus, worstHealth } from './health-check.js';
import { HealthService, type HealthServiceOptions } from './health.service.js';

/** Keeps lines as `LEVEL message`. */
class LogKeeper extends LogWriter {
  readonly lines: string[] = [];

  isEnabled(): boolean {
    return true;
  }

  write(level: LogLevel, message: string): void {
    this.lines.push(`${level} ${message}`);
  }

  async flush(): Promise<void> {}
}

describe('HealthService', () => {
  let clock: FakeClock;
  let log: LogKeeper;

  beforeEach(() => {
    clock = new FakeClock();
    log = new LogKeeper();
  });

  const serviceOf = (checks: readonly HealthCheck[], options: Partial<HealthServiceOptions> = {}): HealthService =>
    new HealthService({ checks, clock, log, ...options });
  const failing = (message: string) => (): never => {
    throw new Error(message);
  };
  const throwing = (thrown: unknown) => (): never => {
    throw thrown;
  };
  const never = (): Promise<void> => new Promise<void>(() => {});

  it('is healthy where nothing is checked, and before the first report', async () => {
    const service = serviceOf([]);
    expect(service.status).toBe('healthy');
    await expect(service.report()).resolves.toEqual({ status: 'healthy', checks: {} });
  });

  it('reports the verdict, duration, reason and details of each check', async () => {
    const service = serviceOf([
      { name: 'queue', check: () => {} },
      { name: 'disk', check: () => ({ status: 'degraded', reason: 'nearly full', details: { free: 7 } }) },
      { name: 'redis', check: () => new Promise((_, reject) => clock.schedule(40, () => reject(new Error('connection lost')))) },
      { name: '__proto__', check: async () => ({ status: 'healthy', details: { a: 1 } }) },
    ]);
    const report = service.report();
    clock.advance(40);
    const { status, checks } = await report;
    expect(status).toBe('unhealthy');
    expect(Object.entries(checks)).toEqual([
      ['queue', { status: 'healthy', durationMs: 40 }],
      ['disk', { status: 'degraded', durationMs: 40, error: 'nearly full', details: { free: 7 } }],
      ['redis', { status: 'unhealthy', durationMs: 40, error: 'connection lost' }],
      ['__proto__', { status: 'healthy', durationMs: 40, details: { a: 1 } }],
    ]);
    expect(service.status).toBe('unhealthy');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, unknown, string]>([
    ['a string', 'boom', 'the check threw boom'],
    ['an error without a message', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error with nothing but a name', new TypeError(), 'TypeError'],
    ['null', null, 'the check threw null'],
    ['what can not be read', Object.create(null), 'the check threw something that can not be described'],
  ])('says why when a check throws %s', async (_title, thrown, error) => {
    const { status, checks } = await serviceOf([{ name: 'odd', check: throwing(thrown) }]).report();
    expect([status, checks.odd]).toEqual(['unhealthy', { status: 'unhealthy', durationMs: 0, error }]);
  });

  it.each([false, true, 'healthy', {}, { status: 'up' }])('does not take the answer %j for health', async (answer) => {
    const { checks } = await serviceOf([{ name: 'odd', check: () => answer as HealthCheckResult }]).report();
    expect(checks.odd).toMatchObject({ status: 'unhealthy', error: 'the check answered neither nothing nor { status }' });
  });

  it('is degraded, not unhealthy, when a part fails that the service can do without', async () => {
    const { status, checks } = await serviceOf([
      { name: 'cache', critical: false, check: failing('gone') },
      { name: 'model', critical: true, check: () => {} },
    ]).report();
    expect(status).toBe('degraded');
    expect(checks.cache.status).toBe('unhealthy');
  });

  it('is as the worst of all parts', async () => {
    const part = fc.record({ status: fc.constantFrom<HealthStatus>('healthy', 'degraded', 'unhealthy'), critical: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const checks = parts.map(({ status, critical }, index) => ({ name: `${index}`, critical, check: () => ({ status }) }));
        const { status } = await serviceOf(checks).report();
        const isUnhealthy = parts.some((one) => one.status === 'unhealthy' && one.critical);
        const isDegraded = parts.some((one) => one.status !== 'healthy');
        expect(status).toBe(isUnhealthy ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy');
      }),
    );
  });

  it('runs all checks in parallel', async () => {
    let running = 0;
    let most = 0;
    const check = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => clock.schedule(10, resolve));
      running -= 1;
    };
    const report = serviceOf(['a', 'b', 'c'].map((name) => ({ name, check }))).report();
    clock.advance(10);
    await report;
    expect(most).toBe(3);
  });

  it('fires the signal at the deadline and gives the verdict without waiting longer', async () => {
    const signals: AbortSignal[] = [];
    const slow = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signals.push(signal);
        signal.addEventListener('abort', () => reject(new Error('aborted by the signal')));
      });
    const service = serviceOf([{ name: 'slow', check: slow }]);
    const report = service.report();
    clock.advance(seconds(3) - 1);
    expect(signals[0].aborted).toBe(false);
    clock.advance(1);
    await expect(report).resolves.toMatchObject({
      status: 'unhealthy',
      checks: { slow: { status: 'unhealthy', durationMs: 3000, error: 'no answer within 3000 ms' } },
    });
    expect(signals[0].aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(seconds(1));
    void service.report();
    expect(signals).toHaveLength(2); // it settled at the signal, so it is asked again
  });

  it('does not start a check again that ignored its deadline until it settles', async () => {
    const settle: (() => void)[] = [];
    const stuck = jest.fn(() => new Promise<void>((resolve) => settle.push(resolve)));
    const service = serviceOf([{ name: 'stuck', check: stuck }], { deadlineMs: 100, cacheMs: 0 });
    const first = service.report();
    clock.advance(100);
    await first;
    clock.advance(400);
    const second = await service.report();
    expect(second.checks.stuck).toEqual({ status: 'unhealthy', durationMs: 500, error: 'still no answer after 500 ms' });
    expect(stuck).toHaveBeenCalledTimes(1);

    settle[0]();
    await clock.advanceAsync(0);
    const third = service.report();
    settle[1]();
    await expect(third).resolves.toMatchObject({ status: 'healthy' });
    expect(stuck).toHaveBeenCalledTimes(2);
    expect(log.lines).toEqual([
      'WARNING Health of stuck: unknown -> unhealthy: no answer within 100 ms',
      'INFO Health of stuck: unhealthy -> healthy',
    ]);
  });

  it('swallows the late failure of an abandoned check', async () => {
    let fail: (error: Error) => void = () => {};
    const service = serviceOf([{ name: 'late', check: () => new Promise<void>((_, reject) => (fail = reject)) }], { deadlineMs: 100 });
    const report = service.report();
    clock.advance(100);
    await report;
    fail(new Error('too late to matter'));
    await clock.advanceAsync(0);
    expect(log.lines).toHaveLength(1);
  });

  it('lets everyone who asks at once share one run, and its report for a second', async () => {
    const check = jest.fn(() => new Promise<void>((resolve) => clock.schedule(50, resolve)));
    const service = serviceOf([{ name: 'model', check }]);
    const asked = Array.from({ length: 50 }, () => service.report());
    clock.advance(50);
    const reports = await Promise.all(asked);
    expect(new Set(reports).size).toBe(1);
    clock.advance(seconds(1) - 1);
    expect(await service.report()).toBe(reports[0]);
    expect(check).toHaveBeenCalledTimes(1);
    clock.advance(1);
    void service.report();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('logs each transition exactly once, with its reason', async () => {
    let answer: HealthCheckResult | Error = { status: 'healthy' };
    const check = (): HealthCheckResult => {
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const service = serviceOf([{ name: 'redis', check }]);
    const story: (HealthCheckResult | Error)[] = [
      { status: 'healthy' },
      new Error('connect ECONNREFUSED'),
      new Error('connect ETIMEDOUT'),
      { status: 'degraded', reason: 'slow' },
      { status: 'healthy' },
      { status: 'healthy' },
      { status: 'degraded' },
    ];
    for (answer of story) {
      await Promise.all([service.report(), service.report()]);
      await service.report();
      clock.advance(seconds(1));
    }
    expect(log.lines).toEqual([
      'WARNING Health of redis: healthy -> unhealthy: connect ECONNREFUSED',
      'INFO Health of redis: unhealthy -> degraded: slow',
      'INFO Health of redis: degraded -> healthy',
      'WARNING Health of redis: healthy -> degraded',
    ]);
  });

  it('includes a check that joins later in the next report', async () => {
    const service = serviceOf([{ name: 'first', check: () => {} }]);
    await service.report();
    service.add({ name: 'second', check: failing('broken') });
    expect(service.status).toBe('healthy');
    await expect(service.report()).resolves.toMatchObject({ status: 'unhealthy', checks: { first: {}, second: { error: 'broken' } } });
  });

  it('does not keep a report in whose course a check joined', async () => {
    const service = serviceOf([{ name: 'first', check: () => {} }]);
    const early = service.report();
    service.add({ name: 'second', check: () => {} });
    expect(Object.keys((await early).checks)).toEqual(['first']);
    expect(Object.keys((await service.report()).checks)).toEqual(['first', 'second']);
  });

  it('refuses two checks of one name', () => {
    const service = serviceOf([{ name: 'redis', check: never }]);
    expect(() => service.add({ name: 'redis', check: never })).toThrow(
      /^Two health checks are named "redis": give one of them another name/,
    );
  });
});

describe('worstHealth', () => {
  it('is healthy for nothing', () => expect(worstHealth([])).toBe('healthy'));
  it('puts unhealthy above degraded above healthy', () => {
    expect(worstHealth(['healthy', 'degraded', 'healthy'])).toBe('degraded');
    expect(worstHealth(['degraded', 'unhealthy', 'healthy'])).toBe('unhealthy');
  });
});

describe('createHealthCheck', () => {
  class Redis {}
  const check = (): void => {};

  it('takes a check as it is', async () => {
    const source = { name: 'redis', check };
    await expect(createHealthCheck(source, () => Promise.reject(new Error('not asked')))).resolves.toBe(source);
  });

  it('lets a factory ask for providers', async () => {
    const resolved: unknown[] = [];
    const resolve = async <T>(type: new () => T): Promise<T> => new type();
    const source = { name: 'redis', create: async (get: typeof resolve) => ({ name: `redis ${resolved.push(await get(Redis))}`, check }) };
    await expect(createHealthCheck(source, resolve)).resolves.toEqual({ name: 'redis 1', check });
    expect(resolved[0]).toBeInstanceOf(Redis);
  });
});

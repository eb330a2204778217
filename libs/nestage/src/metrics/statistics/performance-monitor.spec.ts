import fc from 'fast-check';
import { FakeClock } from '../../testing/fake-clock.js';
import { type DurationStatistics, RELATIVE_ERROR, SMALLEST_MS } from './duration-histogram.js';
import { PerformanceMonitor } from './performance-monitor.js';

/** The value of rank `ceil(share * count)`. */
function exactPercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1];
}

function expectWithinBound(told: DurationStatistics, durations: readonly number[]): void {
  const sorted = [...durations].sort((a, b) => a - b);
  expect(told.count).toBe(sorted.length);
  if (sorted.length === 0) return;
  expect(told.min).toBe(sorted[0]);
  expect(told.max).toBe(sorted.at(-1));
  const sum = sorted.reduce((all, each) => all + each, 0);
  expect(Math.abs(told.avg - sum / sorted.length)).toBeLessThanOrEqual(1e-9 * (sum + 1));
  for (const [name, share] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const exact = exactPercentile(sorted, share);
    expect(Math.abs(told[name] - exact)).toBeLessThanOrEqual(Math.max(SMALLEST_MS, exact * RELATIVE_ERROR) * (1 + 1e-9));
  }
}

const duration = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1000, noNaN: true }),
  fc.double({ min: 0, max: 9_000_000, noNaN: true }),
);

describe(PerformanceMonitor.name, () => {
  it('tells what a naive computation tells, percentiles within the stated bound', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (durations) => {
        const monitor = new PerformanceMonitor({ clock: new FakeClock() });
        for (const each of durations) monitor.record('work', each);
        expectWithinBound(monitor.getStatistics().work, durations);
        expectWithinBound(monitor.getStatistics('window').work, durations);
      }),
      { numRuns: 200 },
    );
  });

  it('forgets in its window what is older, in steps of a tenth, and not since start', () => {
    const step = fc.record({ pauseMs: fc.integer({ min: 0, max: 30_000 }), durationMs: duration });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const clock = new FakeClock();
        const monitor = new PerformanceMonitor({ windowMs: 60_000, clock });
        const recorded = steps.map(({ pauseMs, durationMs }) => {
          clock.advance(pauseMs);
          monitor.record('work', durationMs);
          return { at: clock.elapsed(), durationMs };
        });
        const oldest = (Math.floor(clock.elapsed() / 6000) - 9) * 6000;
        const recent = recorded.filter(({ at }) => at >= oldest).map(({ durationMs }) => durationMs);
        expectWithinBound(monitor.getStatistics('window').work, recent);
        expect(monitor.getStatistics('start').work.count).toBe(steps.length);
      }),
    );
  });

  it('tells zeros of a window in which nothing happened', () => {
    const clock = new FakeClock();
    const monitor = new PerformanceMonitor({ windowMs: 1000, clock });
    monitor.record('work', 5);
    clock.advance(5000);
    expect(monitor.getStatistics('window').work).toEqual({ avg: 0, max: 0, min: 0, count: 0, p50: 0, p95: 0, p99: 0 });
  });

  it('keeps a bounded number of names and counts the others together', () => {
    const monitor = new PerformanceMonitor({ maxNames: 3 });
    for (let index = 0; index < 1000; index++) monitor.record(`name-${index}`, 1);
    monitor.record('name-1', 1);
    const statistics = monitor.getStatistics();
    expect(Object.keys(statistics)).toEqual(['name-0', 'name-1', 'name-2', 'other']);
    expect(statistics['name-1'].count).toBe(2);
    expect(statistics.other.count).toBe(997);
  });

  it('takes any name as it is', () => {
    const monitor = new PerformanceMonitor();
    for (const name of ['__proto__', 'constructor', '']) monitor.record(name, 1);
    expect(Object.keys(monitor.getStatistics())).toEqual(['__proto__', 'constructor', '']);
  });

  it('leaves out what is no number and counts less than nothing as 0', () => {
    const monitor = new PerformanceMonitor();
    for (const each of [NaN, Infinity, -Infinity]) monitor.record('work', each);
    expect(monitor.getStatistics()).toEqual({});
    monitor.record('work', -1);
    expect(monitor.getStatistics().work).toMatchObject({ count: 1, min: 0, max: 0 });
  });

  it('measures work until it returns, throws or settles', async () => {
    const clock = new FakeClock();
    const monitor = new PerformanceMonitor({ clock });
    expect(monitor.measure('value', () => (clock.advance(5), 7))).toBe(7);
    const fails = (): never => {
      clock.advance(6);
      throw new Error('no');
    };
    expect(() => monitor.measure('throw', fails)).toThrow('no');
    const wait = new Promise<void>((resolve) => clock.schedule(10, resolve));
    const waits = monitor.measure('promise', () => wait);
    clock.advance(10);
    await waits;
    await expect(monitor.measure('rejection', () => Promise.reject(new Error('late')))).rejects.toThrow('late');
    const told = Object.entries(monitor.getStatistics()).map(([name, { max }]) => [name, max]);
    expect(told).toEqual([
      ['value', 5],
      ['throw', 6],
      ['promise', 10],
      ['rejection', 0],
    ]);
  });
});

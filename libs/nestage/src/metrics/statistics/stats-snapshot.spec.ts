import fc from 'fast-check';
import { FakeClock } from '../../testing/fake-clock.js';
import type { ErrorCounts } from './error-monitor.js';
import { PerformanceMonitor } from './performance-monitor.js';
import { mergeStats, type StatsSnapshot, sumStats } from './stats-snapshot.js';

const NO_ERRORS: ErrorCounts = { total: 0, byTier: {}, byCode: {}, byHandler: {} };

function snapshotOf(durationsMs: readonly number[], requestsInFlight = 0): StatsSnapshot {
  const monitor = new PerformanceMonitor({ clock: new FakeClock() });
  for (const ms of durationsMs) monitor.record(ms > 1000 ? 'slow' : 'fast', ms);
  const errors: ErrorCounts = { total: 2, byTier: { L3: 2 }, byCode: { internal_error: 2 }, byHandler: { Handler: 2 } };
  return {
    performance: monitor.snapshot(),
    process: {
      uptimeSeconds: 1,
      requestsInFlight,
      cache: { '/x': { hit: requestsInFlight, miss: 1 } },
      errors: { lastMinute: NO_ERRORS, lastHour: errors, lastDay: errors },
      eventLoop: { meanDelayMs: requestsInFlight, maxDelayMs: requestsInFlight * 10, utilization: 0.5 },
      routes: [],
      workers: {},
      recentErrors: [],
      recentAlerts: [],
    },
  };
}

const merged = (living: readonly StatsSnapshot[], ended?: StatsSnapshot): ReturnType<typeof mergeStats> =>
  mergeStats({
    processes: living.map((value, index) => ({ process: index + 1, pid: index, state: 'ready', isFresh: true, value })),
    ended,
    restarts: { crash: 0, blocked: 0, rolling: 0 },
  });

describe('statistics of several processes', () => {
  it('are those that one process would tell, percentiles included', () => {
    const durations = fc.array(fc.double({ min: 0.02, max: 100_000, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(durations, durations, durations, (first, second, ended) => {
        const all = merged([snapshotOf(first), snapshotOf(second)], sumStats([snapshotOf(ended), snapshotOf([])]));
        const one = merged([snapshotOf([...first, ...second, ...ended])]);
        const living = merged([snapshotOf([...first, ...second])]);
        for (const [given, expected] of [
          [all.sinceStart, one.sinceStart],
          [all.window, living.window],
        ]) {
          expect(Object.keys(given).sort()).toEqual(Object.keys(expected).sort());
          for (const name of Object.keys(expected)) {
            const { avg, ...exact } = expected[name];
            expect(given[name]).toMatchObject(exact);
            expect(given[name].avg).toBeCloseTo(avg, 4);
          }
        }
      }),
    );
  });

  it('add counts, and tell the worst delay', () => {
    const { requestsInFlight, cache, errors, eventLoop } = merged([snapshotOf([], 2), snapshotOf([], 4)]);
    expect(requestsInFlight).toBe(6);
    expect(cache).toEqual({ '/x': { hit: 6, miss: 2 } });
    expect(eventLoop).toEqual({ meanDelayMs: 3, maxDelayMs: 40, utilization: 0.5 });
    expect(errors.lastMinute).toEqual(NO_ERRORS);
    expect(errors.lastHour).toEqual({ total: 4, byTier: { L3: 4 }, byCode: { internal_error: 4 }, byHandler: { Handler: 4 } });
  });
});

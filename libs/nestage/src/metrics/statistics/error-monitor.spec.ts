import fc from 'fast-check';
import { hours, minutes, seconds } from '../../common/duration.js';
import { ErrorReporter } from '../../core/errors/error-reporter.js';
import { BusinessError, FatalError, ModelError, ValidationError } from '../../core/errors/service-errors.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { ErrorMonitor } from './error-monitor.js';

function monitorWith(handlerOf: () => string | undefined = () => 'Handler') {
  const clock = new FakeClock();
  const reporter = new ErrorReporter();
  return { clock, reporter, monitor: new ErrorMonitor({ reporter, handlerOf, clock }) };
}

describe(ErrorMonitor.name, () => {
  it('counts by tier, code and handler, alone and together', () => {
    let handler: string | undefined = 'Chat';
    const { reporter, monitor } = monitorWith(() => handler);
    reporter.report(new ModelError('gone'), 'stage');
    reporter.report(new ValidationError('bad'), 'request');
    handler = undefined;
    reporter.report(new FatalError('end'), 'health');
    reporter.report(new ModelError('gone'), 'initialize');
    expect(monitor.count(minutes(1))).toBe(4);
    expect(monitor.count(minutes(1), { tier: 'L3' })).toBe(2);
    expect(monitor.count(minutes(1), { code: 'model_error', handler: 'Chat' })).toBe(1);
    expect(monitor.count(minutes(1), { handler: 'other' })).toBe(2);
    expect(monitor.distribution().lastDay).toEqual({
      total: 4,
      byTier: { L3: 2, L1: 1, L4: 1 },
      byCode: { model_error: 2, invalid_request: 1, fatal_error: 1 },
      byHandler: { Chat: 2, other: 2 },
    });
  });

  it('counts each period as a naive count does, within one slice', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: hours(3) }), { maxLength: 60 });
    fc.assert(
      fc.property(pauses, (given) => {
        const { clock, reporter, monitor } = monitorWith();
        const times: number[] = [];
        for (const pauseMs of given) {
          clock.advance(pauseMs);
          times.push(clock.elapsed());
          reporter.report(new BusinessError('no'), 'stage');
        }
        const { lastMinute, lastHour, lastDay } = monitor.distribution();
        const since = (ageMs: number): number => times.filter((at) => at > clock.elapsed() - ageMs).length;
        for (const [counts, windowMs, sliceMs] of [
          [lastMinute, minutes(1), seconds(1)],
          [lastHour, hours(1), minutes(1)],
          [lastDay, hours(24), hours(0.5)],
        ] as const) {
          expect(counts.total).toBeLessThanOrEqual(since(windowMs));
          expect(counts.total).toBeGreaterThanOrEqual(since(windowMs - sliceMs));
          expect(monitor.count(windowMs)).toBe(counts.total);
        }
      }),
    );
  });

  it('keeps a bounded number of handlers apart', () => {
    let handler = '';
    const { reporter, monitor } = monitorWith(() => handler);
    for (let index = 0; index < 1000; index++) {
      handler = `handler-${index}`;
      reporter.report(new BusinessError('no'), 'stage');
    }
    const { byHandler, total } = monitor.distribution().lastHour;
    expect(total).toBe(1000);
    expect(Object.keys(byHandler)).toHaveLength(257);
    expect(byHandler.other).toBe(744);
  });
});

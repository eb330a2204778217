import { minutes, seconds } from '../common/duration.js';
import type { ErrorCode } from '../core/errors/error-catalogue.js';
import { FakeClock } from '../testing/fake-clock.js';
import type { ErrorRule } from './alert-rules.js';
import { resolveAlertsOptions } from './alerts.options.js';
import { ErrorRuleWatch, type Finding } from './error-rule-watch.js';

describe('ErrorRuleWatch', () => {
  let clock: FakeClock;
  let found: Finding[];
  let ids: number;

  beforeEach(() => {
    clock = new FakeClock();
    found = [];
    ids = 0;
  });

  const watchOf = (rule: ErrorRule): ErrorRuleWatch =>
    new ErrorRuleWatch(resolveAlertsOptions({ rules: [rule] }).errorRules[0], clock, (finding) => found.push(finding));
  const record = (
    watch: ErrorRuleWatch,
    times = 1,
    { code = 'model_error', handler = 'A' }: { code?: ErrorCode; handler?: string } = {},
  ): void => {
    for (let each = 0; each < times; each += 1) {
      ids += 1;
      const message = `message ${ids}`;
      watch.record({ code, handler, path: `/${handler}`, logId: `id-${ids}`, describe: () => message });
    }
  };

  it('fires at the given count, not before, and not by errors that are too old', () => {
    const watch = watchOf({ count: 3, withinMs: minutes(1) });
    record(watch, 2);
    clock.advance(minutes(1));
    record(watch, 2);
    expect(found).toEqual([]);
    record(watch);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ state: 'firing', count: 3, message: 'message 3', logIds: ['id-3', 'id-4', 'id-5'], folded: 0 });
  });

  it('says when the first and the last error were, and which kinds there were, the most frequent first', () => {
    const watch = watchOf({ count: 4 });
    record(watch);
    clock.advance(seconds(10));
    record(watch, 2, { code: 'system_error', handler: 'B' });
    clock.advance(seconds(5));
    record(watch);
    expect(found[0]).toMatchObject({
      firstAt: '2024-01-01T00:00:00.000Z',
      lastAt: '2024-01-01T00:00:15.000Z',
      code: 'model_error',
      handler: 'A',
    });
    expect(found[0].breakdown).toEqual([
      { code: 'model_error', handler: 'A', count: 2 },
      { code: 'system_error', handler: 'B', count: 2 },
    ]);
  });

  it('folds what comes during the cooldown, and says how many they were', () => {
    const watch = watchOf({ count: 2, withinMs: minutes(1), cooldownMs: minutes(5) });
    record(watch, 2);
    for (let second = 0; second < 301; second += 1) {
      clock.advance(seconds(1));
      record(watch);
    }
    expect(found.map(({ state, folded }) => [state, folded])).toEqual([
      ['firing', 0],
      ['firing', 299],
    ]);
  });

  it('has recovered when the rate was below the rule for its window, and leaves no timer', () => {
    const watch = watchOf({ count: 2, withinMs: minutes(1), cooldownMs: minutes(5) });
    record(watch, 5);
    clock.advance(minutes(1) - 1);
    expect(found).toHaveLength(1);
    clock.advance(minutes(1) + seconds(6));
    expect(found[1]).toMatchObject({ state: 'recovered', count: 0, folded: 3, code: 'model_error', lastAt: '2024-01-01T00:00:00.000Z' });
    clock.advance(minutes(60));
    expect(found).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells an outbreak after a recovery when the cooldown ends', () => {
    const watch = watchOf({ count: 2, withinMs: seconds(10), cooldownMs: minutes(5) });
    record(watch, 2);
    clock.advance(minutes(1));
    record(watch, 7);
    expect(found.map(({ state }) => state)).toEqual(['firing', 'recovered']);
    clock.advance(minutes(4) + seconds(1));
    expect(found[2]).toMatchObject({ state: 'firing', folded: 7, code: 'model_error' });
  });

  it('keeps groups apart where it is asked to', () => {
    const watch = watchOf({ tier: 'L4' });
    record(watch, 3, { code: 'fatal_error', handler: 'A' });
    record(watch, 1, { code: 'fatal_error', handler: 'B' });
    expect(found.map(({ handler, count }) => [handler, count])).toEqual([
      ['A', 1],
      ['B', 1],
    ]);
  });

  it('bounds the number of groups, log ids and kinds whatever happens', () => {
    const watch = watchOf({ count: 5000, groupBy: ['handler'] });
    for (let handler = 0; handler < 5300; handler += 1) record(watch, 1, { handler: `H${handler}` });
    for (let each = 0; each < 5000; each += 1) record(watch, 1, { handler: `X${each}` });
    expect(found).toHaveLength(1);
    expect(found[0].logIds).toHaveLength(5);
    expect(found[0].breakdown.length).toBeLessThanOrEqual(10);
  });

  it.each<[ErrorRule, object, boolean]>([
    [{}, { tier: 'L3', code: 'model_error' }, true],
    [{}, { tier: 'L2', code: 'business_error' }, false],
    [{}, { tier: 'L4', code: 'fatal_error' }, false],
    [{ tier: 'L1' }, { tier: 'L1', code: 'invalid_json' }, true],
    [{ code: 'business_error' }, { tier: 'L2', code: 'business_error' }, true],
    [{ code: 'model_error' }, { tier: 'L3', code: 'model_timeout' }, false],
    [{ handler: 'A' }, { tier: 'L3', code: 'model_error' }, true],
    [{ handler: '/a' }, { tier: 'L3', code: 'model_error' }, true],
    [{ handler: 'B' }, { tier: 'L3', code: 'model_error' }, false],
  ])('%j and %j: %s', (rule, error, isMatch) => {
    const given = { handler: 'A', path: '/a', logId: '1', describe: () => '', ...error } as Parameters<ErrorRuleWatch['matches']>[0];
    expect(watchOf(rule).matches(given)).toBe(isMatch);
  });
});

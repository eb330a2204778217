import { minutes } from '../../common/duration.js';
import type { FinishedRequest } from '../../core/context/request-events.js';
import { marksOf } from '../../core/context/request-marks.js';
import { RequestContext } from '../../core/context/request-context.js';
import { classifyError } from '../../core/errors/classify-error.js';
import { BusinessError, ModelError } from '../../core/errors/service-errors.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import type { AnomalyRule } from '../alert-rules.js';
import { resolveAlertsOptions } from '../alerts.options.js';
import type { Finding } from '../error-rule-watch.js';
import { AnomalyMonitor } from './anomaly-monitor.js';

describe('AnomalyMonitor', () => {
  let clock: FakeClock;
  let found: Finding[];
  let memory: number;
  let monitor: AnomalyMonitor;
  let ids: number;

  const open = (...rules: AnomalyRule[]): void => {
    clock = new FakeClock();
    found = [];
    memory = 40;
    ids = 0;
    const { anomalyRules } = resolveAlertsOptions({ rules });
    monitor = new AnomalyMonitor({ rules: anomalyRules, clock, listener: (finding) => found.push(finding), memoryPercent: () => memory });
    monitor.start();
  };

  interface Played {
    readonly runMs?: number;
    readonly waitedMs?: number;
    readonly thrown?: unknown;
    /** How many of ten requests fail. */
    readonly failing?: number;
    readonly perMinute?: number;
    readonly handler?: string;
    readonly given?: Partial<FinishedRequest>;
  }

  const finish = ({ runMs = 100, waitedMs = 0, handler = 'A', given }: Played, thrown?: unknown): void => {
    ids += 1;
    const context = new RequestContext({ logId: `id-${ids}`, origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    context.path = `/${handler.toLowerCase()}`;
    context.handlerName = handler;
    const wobble = 1 + 0.1 * Math.sin(ids);
    marksOf(context).stagesMs.run = runMs * wobble + waitedMs;
    marksOf(context).stagesMs.preProcess = 5 * wobble;
    marksOf(context).waitedMs.admission = waitedMs;
    const failure = thrown === undefined ? undefined : classifyError(thrown);
    const durationMs = (runMs + 5) * wobble + waitedMs;
    monitor.finished({
      context,
      method: 'POST',
      status: 200,
      failure,
      abortedBy: undefined,
      durationMs,
      bytesIn: 0,
      bytesOut: 0,
      ...given,
    });
  };

  const play = (forMinutes: number, played: Played): void => {
    for (let minute = 0; minute < forMinutes; minute += 1) {
      for (let each = 0; each < (played.perMinute ?? 20); each += 1) {
        finish(played, each % 10 < (played.failing ?? 0) ? played.thrown : undefined);
      }
      clock.advance(minutes(1));
    }
  };

  it('tells of slower requests within minutes, and which stage it is', () => {
    open({ anomaly: 'latency' });
    play(120, {});
    expect(found).toEqual([]);
    play(5, { runMs: 300 });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      state: 'firing',
      kind: 'anomaly',
      tier: 'L3',
      handler: 'A',
      rule: 'latency 4 sigma',
      count: 100,
      code: undefined,
    });
    expect(found[0].anomaly?.observed).toBeCloseTo(305, -1);
    expect(found[0].anomaly?.expected).toBeCloseTo(105, -1);
    expect(found[0].changes).toEqual([expect.stringMatching(/^p95 of run rose from 1\d\d to 3\d\d ms$/)]);
    expect(found[0].logIds).toHaveLength(5);
    play(20, {});
    expect(found[1]).toMatchObject({ state: 'recovered', changes: [], firstAt: found[0].firstAt });
    expect(found).toHaveLength(2);
  });

  it('tells of waiting, refusals, an open breaker and memory that rises', () => {
    open({ anomaly: 'latency' });
    play(60, {});
    for (let minute = 0; minute < 60; minute += 1) {
      memory += 0.3;
      play(1, {});
    }
    monitor.happened({ type: 'breaker.state', route: '/a', state: 'open', previous: 'closed' });
    for (let each = 0; each < 7; each += 1) monitor.happened({ type: 'admission.refused', route: '/a', retryAfterSeconds: 1 });
    monitor.happened({ type: 'retry', route: '/b', attempt: 1, attempts: 3, delayMs: 1, error: undefined });
    play(5, { waitedMs: 400 });
    expect(found[0].changes).toEqual([
      expect.stringMatching(/^p95 of (run|waiting \(admission\)) rose from \d+ to [345]\d\d ms$/),
      expect.stringMatching(/^p95 of (run|waiting \(admission\)) rose from \d+ to [345]\d\d ms$/),
      'the breaker is open',
      '7 requests were refused because the waiting room was full',
      expect.stringMatching(/^memory rose by 1\d\.\d points to 58 % within 59 minutes$/),
    ]);
  });

  it('tells of errors of the service, not of those of clients', () => {
    open({ anomaly: 'errorRate' });
    play(60, {});
    play(20, { thrown: new BusinessError('no'), failing: 5 });
    expect(found).toEqual([]);
    play(5, { thrown: new ModelError('gone'), failing: 2 });
    expect(found).toHaveLength(1);
    expect(found[0].anomaly).toMatchObject({ signal: 'errorRate' });
    expect(found[0].anomaly?.observed).toBeGreaterThan(0.05);
  });

  it('leaves a blip of two minutes alone', () => {
    open({ anomaly: 'latency' }, { anomaly: 'errorRate' });
    play(60, {});
    play(2, { runMs: 600, thrown: new ModelError('gone'), failing: 4 });
    play(30, {});
    expect(found).toEqual([]);
  });

  it('judges nothing by too few requests, and nothing before it has learnt', () => {
    open({ anomaly: 'latency' });
    play(20, {});
    play(5, { runMs: 900 });
    expect(found).toEqual([]);
    open({ anomaly: 'latency', minRequests: 50 });
    play(100, { perMinute: 4 });
    play(60, { perMinute: 4, runMs: 900 });
    expect(found).toEqual([]);
  });

  it('keeps handlers apart, and to the one that the rule names', () => {
    open({ anomaly: 'latency' }, { anomaly: 'latency', handler: '/a', name: 'only a' });
    for (let minute = 0; minute < 70; minute += 1) {
      for (let each = 0; each < 10; each += 1)
        for (const handler of ['A', 'B']) finish({ handler, runMs: handler === 'B' && minute > 60 ? 500 : 100 });
      clock.advance(minutes(1));
    }
    expect(found.map(({ handler, rule }) => [handler, rule])).toEqual([['B', 'latency 4 sigma']]);
  });

  it('does not count what was aborted, nor the routes of the service itself', () => {
    open({ anomaly: 'latency' });
    play(60, {});
    play(20, { runMs: 900, given: { abortedBy: 'client_closed' } });
    expect(found).toEqual([]);
  });

  it('takes a change that stays for the usual after hours, and reminds ever more rarely until then', () => {
    open({ anomaly: 'latency' });
    play(26 * 60, {});
    play(16 * 60, { runMs: 300 });
    const states = found.map(({ state }) => state);
    expect(states.filter((state) => state === 'firing').length).toBeLessThanOrEqual(6);
    expect(states.at(-1)).toBe('recovered');
    const told = found.length;
    play(120, { runMs: 300 });
    expect(found).toHaveLength(told);
  });

  it('leaves no timer behind, and needs none without rules', () => {
    open({ anomaly: 'latency' }, { anomaly: 'errorRate', intervalMs: 1000 });
    clock.advance(minutes(3));
    monitor.stop();
    expect(clock.pendingTimers).toBe(0);
    open();
    play(1, {});
    expect(clock.pendingTimers).toBe(0);
  });
});

import type { Type } from '@nestjs/common';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import fc from 'fast-check';
import { seconds } from '../../common/duration.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { type ErrorReport, ErrorReporter } from '../errors/error-reporter.js';
import type { ModelLifecycle } from '../stage/stage-lifecycle.js';
import { StageInitializer, type StageInitializerInit } from './stage-initializer.js';
import { StageUnit } from './stage-unit.js';

describe('StageInitializer', () => {
  let clock: FakeClock;
  let log: MemoryLogWriter;
  let reports: ErrorReport[];
  /** What was called, in order. */
  let calls: string[];

  beforeEach(() => {
    clock = new FakeClock();
    log = new MemoryLogWriter();
    reports = [];
    calls = [];
  });

  function initializerOf(units: readonly StageUnit[], init: Partial<StageInitializerInit> = {}): StageInitializer {
    const errors = new ErrorReporter();
    errors.observe((report) => reports.push(report));
    return new StageInitializer({ units, log, errors, clock, isRetrying: false, ...init });
  }

  function unit(name: string, kind: 'model' | 'handler', lifecycle: ModelLifecycle = {}, needs: readonly StageUnit[] = []): StageUnit {
    const type = { [name]: class {} }[name] as Type;
    return new StageUnit(type, kind, new InstanceWrapper({ name, metatype: type, instance: lifecycle, isResolved: true }), needs);
  }

  /** Notes when it begins, takes a time of the fake clock, and notes when it is done. */
  const taking = (name: string, ms: number) => (): Promise<void> => {
    calls.push(`${name} begins`);
    return new Promise((resolve) =>
      clock.schedule(ms, () => {
        calls.push(`${name} ends`);
        resolve();
      }),
    );
  };

  /** Fails with the given messages, one an attempt, then succeeds. */
  const failing =
    (name: string, ...messages: string[]) =>
    (): void => {
      calls.push(name);
      const message = messages.shift();
      if (message) throw new Error(message);
    };

  async function outcome(promise: Promise<void>): Promise<string> {
    let state = 'pending';
    promise.then(
      () => (state = 'resolved'),
      (error: Error) => (state = error.message),
    );
    await clock.advanceAsync(0);
    return state;
  }

  it('initializes what runs a handler after it, and disposes it before', async () => {
    const noting = (name: string): ModelLifecycle => ({
      initialize: () => void calls.push(`${name} initialized`),
      warmup: () => void calls.push(`${name} warm`),
      dispose: () => {
        calls.push(`${name} disposed`);
        if (name === 'threads') throw new Error('they hang');
      },
    });
    const handler = unit('H', 'handler', noting('handler'));
    handler.runners = [noting('threads')];
    const initializer = initializerOf([handler]);
    await initializer.start();
    expect(handler.isReady).toBe(true);
    await initializer.stop();
    expect(calls).toEqual(['handler initialized', 'threads initialized', 'handler warm', 'threads disposed', 'handler disposed']);
    expect(log.messages).toContain('Failed to dispose H: they hang');
  });

  it('initializes models, then handlers, independent ones in parallel', async () => {
    const units = [
      unit('H1', 'handler', { initialize: taking('H1', 10) }),
      unit('M1', 'model', { initialize: taking('M1', 20) }),
      unit('H2', 'handler', { initialize: taking('H2', 5) }),
      unit('M2', 'model', { initialize: taking('M2', 30) }),
    ];
    const started = initializerOf(units).start();
    await clock.advanceAsync(100);
    await started;
    expect(calls).toEqual(['M1 begins', 'M2 begins', 'M1 ends', 'M2 ends', 'H1 begins', 'H2 begins', 'H2 ends', 'H1 ends']);
    expect(units.every(({ isReady }) => isReady)).toBe(true);
  });

  it('logs what each and all of it took', async () => {
    const started = initializerOf([unit('M', 'model', { initialize: taking('M', 800) }), unit('H', 'handler')]).start();
    await clock.advanceAsync(1000);
    await started;
    expect(log.messages).toEqual([
      'Initialized model M, cost 0.8s',
      'Initialized handler H, cost 0.0s',
      'Initialize config success, cost 0.8s',
    ]);
  });

  it('runs once however often it is started', async () => {
    const initializer = initializerOf([unit('M', 'model', { initialize: failing('M') })]);
    await Promise.all([initializer.start(), initializer.start()]);
    await initializer.start();
    expect(calls).toEqual(['M']);
  });

  it('starts a unit when what it needs is ready, a model that needs a handler included', async () => {
    const first = unit('First', 'model', { initialize: taking('First', 10) });
    const helper = unit('Helper', 'handler', { initialize: taking('Helper', 10) }, [first]);
    const second = unit('Second', 'model', { initialize: taking('Second', 10) }, [helper]);
    const started = initializerOf([second, helper, first]).start();
    await clock.advanceAsync(100);
    await started;
    expect(calls).toEqual(['First begins', 'First ends', 'Helper begins', 'Helper ends', 'Second begins', 'Second ends']);
  });

  it('never starts a unit before one that it needs has ended, nor twice', async () => {
    const dag = fc.array(fc.record({ isModel: fc.boolean(), ms: fc.nat(50), edges: fc.array(fc.nat(), { maxLength: 3 }) }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(dag, async (nodes) => {
        calls = [];
        const units: StageUnit[] = [];
        nodes.forEach(({ isModel, ms, edges }, index) => {
          const needs = index === 0 ? [] : [...new Set(edges.map((edge) => units[edge % index]))];
          units.push(unit(`U${index}`, isModel ? 'model' : 'handler', { initialize: taking(`U${index}`, ms) }, needs));
        });
        const started = initializerOf([...units].reverse()).start();
        await clock.advanceAsync(seconds(10));
        await started;
        expect(new Set(calls).size).toBe(calls.length);
        expect(calls).toHaveLength(units.length * 2);
        for (const each of units) {
          for (const need of each.needs) expect(calls.indexOf(`${need.name} ends`)).toBeLessThan(calls.indexOf(`${each.name} begins`));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('warms up after initialize, before it is ready', async () => {
    const model = unit('M', 'model', { initialize: taking('initialize', 10), warmup: taking('warmup', 10) });
    const started = initializerOf([model]).start();
    await clock.advanceAsync(15);
    expect(calls).toEqual(['initialize begins', 'initialize ends', 'warmup begins']);
    expect(model).toMatchObject({ state: 'initializing', isReady: false });
    await clock.advanceAsync(10);
    await started;
    expect(model).toMatchObject({ state: 'ready', isReady: true });
  });

  it('rejects with the first failure at once, and starts nothing after it', async () => {
    const slow = unit('Slow', 'model', { initialize: taking('Slow', 1000) });
    const broken = unit('Broken', 'model', { initialize: failing('Broken', 'no weights') });
    const dependent = unit('Dependent', 'handler', { initialize: failing('Dependent') }, [broken]);
    const other = unit('Other', 'handler', { initialize: failing('Other') });
    const started = initializerOf([slow, broken, dependent, other]).start();
    expect(await outcome(started)).toBe('no weights');
    await clock.advanceAsync(2000);
    expect(calls).toEqual(['Slow begins', 'Broken', 'Slow ends']);
    expect([broken, dependent, other].map(({ state }) => state)).toEqual(['failed', 'waiting', 'waiting']);
    expect(broken.error).toEqual(new Error('no weights'));
    expect(reports.map(({ place, thrown }) => [place, (thrown as Error).message])).toEqual([['initialize', 'no weights']]);
    expect(log.messages).toEqual(['Initialized model Slow, cost 1.0s']);
  });

  it('takes a failed warmup for a failed initialize', async () => {
    const model = unit('M', 'model', { warmup: failing('M', 'out of memory') });
    await expect(initializerOf([model]).start()).rejects.toThrow('out of memory');
    expect(model.state).toBe('failed');
  });

  describe('when failed units are tried again', () => {
    it('resolves after the first attempts, the others serve, and the failed one joins them', async () => {
      const broken = unit('Broken', 'model', { initialize: failing('Broken', 'first', 'second') });
      const dependent = unit('Dependent', 'handler', { initialize: failing('Dependent') }, [broken]);
      const other = unit('Other', 'handler', { initialize: failing('Other') });
      const started = initializerOf([broken, dependent, other], { isRetrying: true }).start();
      expect(await outcome(started)).toBe('resolved');
      expect(calls).toEqual(['Broken', 'Other']);
      expect([broken, dependent, other].map(({ isReady }) => isReady)).toEqual([false, false, true]);

      await clock.advanceAsync(999);
      expect(calls).toEqual(['Broken', 'Other']);
      await clock.advanceAsync(1);
      expect(calls).toEqual(['Broken', 'Other', 'Broken']);
      expect(broken.error).toEqual(new Error('second'));
      await clock.advanceAsync(1999);
      expect(calls).toHaveLength(3);
      await clock.advanceAsync(1);
      expect(calls).toEqual(['Broken', 'Other', 'Broken', 'Broken', 'Dependent']);
      expect([broken, dependent, other].every(({ isReady }) => isReady)).toBe(true);
      expect(broken.error).toBeUndefined();
      expect(reports.map(({ thrown }) => (thrown as Error).message)).toEqual(['first', 'second']);
      expect(log.messages.at(-1)).toBe('Initialize config success, cost 3.0s');
      expect(clock.pendingTimers).toBe(0);
    });

    it('waits 1 s and twice as long each time, at most 60 s', async () => {
      const startedAt: number[] = [];
      const model = unit('M', 'model', {
        initialize: () => {
          startedAt.push(clock.elapsed() / 1000);
          throw new Error('never');
        },
      });
      const initializer = initializerOf([model], { isRetrying: true });
      await initializer.start();
      await clock.advanceAsync(seconds(190));
      expect(startedAt).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
      await initializer.stop();
      expect(clock.pendingTimers).toBe(0);
    });

    it('waits as long as it is told', async () => {
      const model = unit('M', 'model', { initialize: failing('M', 'a', 'b', 'c') });
      const asked: number[] = [];
      const initializer = initializerOf([model], { isRetrying: true, retryDelayMs: (attempt) => (asked.push(attempt), 5) });
      await initializer.start();
      await clock.advanceAsync(15);
      expect(calls).toHaveLength(4);
      expect(asked).toEqual([1, 2, 3]);
      expect(model.isReady).toBe(true);
    });

    it('counts a first attempt as such also while a second one goes on', async () => {
      let attempts = 0;
      const hanging = unit('Hanging', 'model', {
        initialize: () => (attempts++ === 0 ? Promise.reject(new Error('first')) : new Promise<void>(() => {})),
      });
      const slow = unit('Slow', 'model', { initialize: taking('Slow', 5000) });
      const handler = unit('Handler', 'handler', { initialize: failing('Handler') }, [slow]);
      const started = initializerOf([hanging, slow, handler], { isRetrying: true }).start();
      await clock.advanceAsync(4000);
      expect([attempts, await outcome(started)]).toEqual([2, 'pending']);
      await clock.advanceAsync(1000);
      expect(await outcome(started)).toBe('resolved');
      expect(handler.isReady).toBe(true);
    });

    it('makes no further attempt once it is stopped, and says nothing of it', async () => {
      const model = unit('M', 'model', { initialize: failing('M', 'a', 'b') });
      const handler = unit('H', 'handler', { initialize: failing('H') }, [model]);
      const initializer = initializerOf([model, handler], { isRetrying: true });
      await initializer.start();
      await initializer.stop();
      expect(clock.pendingTimers).toBe(0);
      await clock.advanceAsync(seconds(100));
      expect(calls).toEqual(['M']);
      expect(reports).toHaveLength(1);
      expect(log.messages).toEqual([]);
    });
  });

  describe('when it stops', () => {
    const disposing = (name: string, ms = 0): ModelLifecycle => ({ dispose: taking(`${name} dispose`, ms) });

    it('disposes handlers before models, and each before what it needs', async () => {
      const base = unit('Base', 'model', disposing('Base', 5));
      const top = unit('Top', 'model', disposing('Top', 5), [base]);
      const inner = unit('Inner', 'handler', disposing('Inner', 5), [top]);
      const outer = unit('Outer', 'handler', disposing('Outer', 5), [inner]);
      const free = unit('Free', 'handler', disposing('Free', 5));
      const initializer = initializerOf([base, top, inner, outer, free]);
      await initializer.start();
      const stopped = initializer.stop();
      await clock.advanceAsync(100);
      await stopped;
      expect(calls.filter((call) => call.endsWith('begins'))).toEqual(
        ['Outer', 'Free', 'Inner', 'Top', 'Base'].map((name) => `${name} dispose begins`),
      );
      expect(calls.indexOf('Inner dispose ends')).toBeLessThan(calls.indexOf('Top dispose begins'));
    });

    it('disposes once however often it is stopped', async () => {
      const initializer = initializerOf([unit('M', 'model', { dispose: failing('dispose') })]);
      await initializer.start();
      await Promise.all([initializer.stop(), initializer.stop()]);
      expect(calls).toEqual(['dispose']);
    });

    it('disposes the others when one fails to, and says so', async () => {
      const units = ['A', 'B', 'C'].map((name) => unit(name, 'model', { dispose: failing(name, ...(name === 'B' ? ['busy'] : [])) }));
      const initializer = initializerOf(units);
      await initializer.start();
      await initializer.stop();
      expect(calls).toEqual(['A', 'B', 'C']);
      expect(log.records.at(-1)).toMatchObject({ level: 'WARNING', message: 'Failed to dispose B: busy' });
    });

    it('disposes what failed and what was begun, and not what never was', async () => {
      const failed = unit('Failed', 'model', { initialize: failing('Failed', 'x'), dispose: failing('dispose Failed') });
      const waiting = unit('Waiting', 'handler', { initialize: failing('Waiting'), dispose: failing('dispose Waiting') });
      const initializer = initializerOf([failed, waiting]);
      await initializer.start().catch(() => undefined);
      await initializer.stop();
      expect(calls).toEqual(['Failed', 'dispose Failed']);
    });

    it('lets a running initialize end before it disposes, starts nothing more, and rejects whoever waits', async () => {
      const model = unit('M', 'model', { initialize: taking('M', 400), warmup: failing('warmup'), dispose: failing('dispose') });
      const handler = unit('H', 'handler', { initialize: failing('H') });
      const initializer = initializerOf([model, handler]);
      const started = initializer.start();
      expect(await outcome(started)).toBe('pending');
      const stopped = initializer.stop();
      expect(await outcome(started)).toBe('The service is shutting down');
      await clock.advanceAsync(400);
      await stopped;
      expect(calls).toEqual(['M begins', 'M ends', 'dispose']);
      expect(reports).toEqual([]);
      expect(log.messages).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    });

    it('waits no longer than a second for an initialize that does not end', async () => {
      const model = unit('M', 'model', { initialize: () => new Promise<void>(() => {}), dispose: failing('dispose') });
      const initializer = initializerOf([model]);
      initializer.start().catch(() => undefined);
      await clock.advanceAsync(0);
      const stopped = initializer.stop();
      await clock.advanceAsync(999);
      expect(calls).toEqual([]);
      await clock.advanceAsync(1);
      await stopped;
      expect(calls).toEqual(['dispose']);
    });

    it('fires the signal of a warmup', async () => {
      let given: AbortSignal | undefined;
      const model = unit('M', 'model', {
        warmup: (signal) => {
          given = signal;
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        },
      });
      const initializer = initializerOf([model]);
      const started = initializer.start();
      expect(await outcome(started)).toBe('pending');
      expect(given?.aborted).toBe(false);
      await initializer.stop();
      expect(given?.reason).toEqual(new Error('The service is shutting down'));
      expect(await outcome(started)).toBe('The service is shutting down');
      expect(reports).toEqual([]);
    });

    it('initializes nothing when it is started afterwards', async () => {
      const initializer = initializerOf([unit('M', 'model', { initialize: failing('M') })]);
      await initializer.stop();
      await expect(initializer.start()).rejects.toThrow('The service is shutting down');
      expect(calls).toEqual([]);
    });
  });
});

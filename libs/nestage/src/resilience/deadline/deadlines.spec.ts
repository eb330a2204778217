import { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { OptionClaims } from '../../core/options/option-claims.js';
import { RequestOpenings } from '../../core/pipeline/request-openings.js';
import { StageEvents } from '../../core/pipeline/stage-events.js';
import { StagePipeline } from '../../core/pipeline/stage-pipeline.js';
import { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { jsonProtocol } from '../../core/protocol/json.protocol.js';
import type { StageHandlerOptions } from '../../core/stage/stage-handler.options.js';
import type { StageLifecycle } from '../../core/stage/stage-lifecycle.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { Deadlines } from './deadlines.js';

function setUp(options: StageHandlerOptions, headers: Record<string, string> = {}) {
  const clock = new FakeClock();
  const plugins = new StagePlugins();
  const events = new StageEvents();
  const openings = new RequestOpenings(events);
  new Deadlines({ plugins, openings, claims: new OptionClaims() }, clock);
  const route = { path: '/x', name: 'X', protocol: jsonProtocol, options } as StageRoute;
  const context = new RequestContext({ logId: '1', origin: 'http', headers, writer: new MemoryLogWriter(), startedAt: clock.elapsed() });
  const execute = (handler: StageLifecycle): Promise<unknown> => {
    openings.open(route, context);
    return new StagePipeline(route, plugins, events).execute({}, context, handler);
  };
  return { clock, context, execute, openings, route };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe(Deadlines.name, () => {
  it('counts from the opening of the context, not of the route', async () => {
    const { clock, context, execute } = setUp({ timeoutMs: 100 });
    clock.advance(60);
    const answer = execute({ run: never });
    expect(context.deadline).toBe(clock.now() + 40);
    clock.advance(39);
    expect(context.signal.aborted).toBe(false);
    clock.advance(1);
    await expect(answer).rejects.toMatchObject({ abortCause: 'deadline', code: 'deadline_exceeded' });
  });

  it('leaves nothing behind when the answer is ready, nor when the request is over, but the timer that a route has for all', async () => {
    const done = setUp({});
    await expect(done.execute({ run: () => 'value' })).resolves.toBe('value');
    expect(done.clock.pendingTimers).toBe(1);
    done.clock.advance(60_000);
    expect([done.context.abortedBy, done.clock.pendingTimers]).toEqual([undefined, 0]);
    const failed = setUp({});
    await expect(failed.execute({ run: () => Promise.reject(new Error('failed')) })).rejects.toThrow('failed');
    failed.context.dispose();
    failed.clock.advance(60_000);
    expect([failed.clock.pendingTimers, failed.context.abortedBy, failed.context.abortListenerCount]).toEqual([0, undefined, 0]);
  });

  it('lets a client shorten it, never lengthen it', () => {
    const shorter = setUp({ timeoutMs: 1000 }, { 'x-request-timeout-ms': '10' });
    shorter.openings.open(shorter.route, shorter.context);
    expect(shorter.context.deadline).toBe(shorter.clock.now() + 10);
    const longer = setUp({ timeoutMs: 1000 }, { 'x-request-timeout-ms': '5000' });
    longer.openings.open(longer.route, longer.context);
    expect(longer.context.deadline).toBe(longer.clock.now() + 1000);
  });

  it('refuses a request whose time has passed before its route was known', async () => {
    const { clock, execute } = setUp({ timeoutMs: 100 });
    clock.advance(100);
    const run = jest.fn();
    await expect(execute({ run })).rejects.toMatchObject({ abortCause: 'deadline' });
    expect(run).not.toHaveBeenCalled();
  });

  it('takes the rules of another route of the same path when the router finds that', () => {
    const { clock, context, openings, route } = setUp({ timeoutMs: 100 });
    openings.open(route, context);
    openings.open({ ...route, options: { timeoutMs: 500 } }, context);
    clock.advance(499);
    expect([context.abortedBy, clock.pendingTimers]).toEqual([undefined, 1]);
    clock.advance(1);
    expect(context.abortedBy?.abortCause).toBe('deadline');
  });

  describe('of a stream', () => {
    async function* items(clock: FakeClock, waits: readonly number[]): AsyncGenerator<number> {
      for (const ms of waits) {
        await new Promise<void>((resolve) => clock.schedule(ms, resolve));
        yield ms;
      }
    }

    async function read(options: StageHandlerOptions, waits: readonly number[], readerMs = 0) {
      const { clock, context, execute } = setUp(options);
      const answer = execute({ run: () => items(clock, waits) });
      let isOver = false;
      const reading = (async () => {
        const seen: unknown[] = [];
        try {
          for await (const item of (await answer) as AsyncIterable<unknown>) {
            seen.push(item);
            if (readerMs > 0) await new Promise<void>((resolve) => clock.schedule(readerMs, resolve));
          }
          return { seen, failure: undefined };
        } catch (failure) {
          return { seen, failure };
        } finally {
          isOver = true;
        }
      })();
      while (!isOver) await clock.advanceAsync(5);
      context.dispose();
      const [ofRoute, ofSource] = [1, waits.length > 0 ? 1 : 0];
      expect(clock.pendingTimers).toBeLessThanOrEqual(ofRoute + ofSource);
      return reading;
    }

    it('runs until the first item, then items have their own', async () => {
      expect(await read({ timeoutMs: 100, itemTimeoutMs: 80 }, [90, 70, 70, 70])).toEqual({ seen: [90, 70, 70, 70], failure: undefined });
      expect((await read({ timeoutMs: 100 }, [110])).failure).toMatchObject({ abortCause: 'deadline' });
    });

    it('ends a stream whose item does not come', async () => {
      expect(await read({ itemTimeoutMs: 50 }, [10, 40, 60])).toEqual({
        seen: [10, 40],
        failure: expect.objectContaining({ abortCause: 'deadline' }),
      });
    });

    it('does not count the time that the reader takes as the time of an item', async () => {
      expect((await read({ itemTimeoutMs: 50 }, [10, 40, 40], 200)).failure).toBeUndefined();
    });

    it('ends the whole at streamTimeoutMs', async () => {
      const { seen, failure } = await read({ itemTimeoutMs: 50, streamTimeoutMs: 100 }, [10, 30, 30, 30, 30]);
      expect(seen).toEqual([10, 30, 30, 30]);
      expect(failure).toMatchObject({ abortCause: 'deadline' });
    });
  });
});

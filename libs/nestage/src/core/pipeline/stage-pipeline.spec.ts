import type { RouteProtocol } from '../protocol/route-protocol.js';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { RequestContext } from '../context/request-context.js';
import { resolveRoute } from '../discovery/resolve-route.js';
import type { StageRoute } from '../discovery/stage-route.js';
import { BinaryResult } from '../stage/binary-result.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import { FinishedResult } from './finished-result.js';
import { type StageEvent, StageEvents } from './stage-events.js';
import { STAGE_SLOTS, type StageAround, type StageMiddleware, type StageSlot } from './stage-middleware.js';
import { StagePipeline } from './stage-pipeline.js';
import { StagePlugins } from './stage-plugins.js';
import { StageStream } from './stage-stream.js';

class Handler {
  run(): void {}
}

const ROUTE: StageRoute = resolveRoute(Handler, { path: '/x', options: { request: false } }, {});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('StagePipeline', () => {
  let context: RequestContext;
  let writer: MemoryLogWriter;
  let events: StageEvent[];
  /** What was called, in order. */
  let calls: string[];

  beforeEach(() => {
    calls = [];
    events = [];
    writer = new MemoryLogWriter();
    context = new RequestContext({ logId: 'id', origin: 'http', headers: {}, writer, startedAt: 0 });
  });

  function pipelineOf(...middleware: readonly StageMiddleware[]): StagePipeline {
    const plugins = new StagePlugins();
    for (const each of middleware) plugins.use(each);
    const stageEvents = new StageEvents();
    stageEvents.on((event) => events.push(event));
    return new StagePipeline(ROUTE, plugins, stageEvents);
  }

  const middleware = (slot: StageSlot, around: StageAround | undefined): StageMiddleware => ({ slot, attach: () => around });

  /** Notes how it is entered and left, and goes on. */
  const noting = (slot: StageSlot, name: string = slot): StageMiddleware =>
    middleware(slot, async ({ stage, input }, next) => {
      calls.push(`${name} > ${stage}`);
      const result = await next(input);
      calls.push(`${name} < ${stage}`);
      return result;
    });

  async function read(items: unknown): Promise<unknown[]> {
    const result: unknown[] = [];
    for await (const item of items as AsyncIterable<unknown>) result.push(item);
    return result;
  }

  it('takes a request through the stages', async () => {
    const handler: StageLifecycle<{ n: number }, number, number, string> = {
      preProcess: ({ n }, given) => (given === (context as unknown) ? n + 1 : -1),
      run: async (n) => n * 10,
      postProcess: (n) => `is ${n}`,
    };
    expect(await pipelineOf().execute({ n: 1 }, context, handler as StageLifecycle)).toBe('is 20');
  });

  it('lets a runner run in place of the handler, within middleware and protocol', async () => {
    const plugins = new StagePlugins();
    plugins.use(noting('execution'));
    plugins.useRunner(() => undefined);
    const asked: StageRoute[] = [];
    plugins.useRunner((route) => {
      asked.push(route);
      return { run: (input, given) => (given === context ? [input, 'elsewhere'] : []), runBatch: () => [] };
    });
    plugins.useRunner(() => {
      throw new Error('the first that wants it has it');
    });
    const protocol: RouteProtocol = { ...ROUTE.protocol, run: async (input, _context, run) => [await run(`<${String(input)}>`), 'shaped'] };
    const route = { ...ROUTE, protocol };
    const handler = { run: () => 'here' };
    expect(await new StagePipeline(route, plugins, new StageEvents()).execute('input', context, handler)).toEqual([
      ['<input>', 'elsewhere'],
      'shaped',
    ]);
    expect(calls).toEqual(['execution > run', 'execution < run']);
    expect(new Set(asked)).toEqual(new Set([route]));
  });

  it('hands values on where a stage is absent', async () => {
    const request = { n: 1 };
    const run = jest.fn((input: unknown) => ({ input }));
    expect(await pipelineOf().execute(request, context, { run })).toEqual({ input: request });
    expect(run.mock.calls).toEqual([[request, context]]);
  });

  it('calls stages as methods of their handler', async () => {
    class Multiplier {
      private readonly factor = 3;
      run(n: number): number {
        return n * this.factor;
      }
    }
    expect(await pipelineOf().execute(2, context, new Multiplier() as StageLifecycle)).toBe(6);
  });

  it('stops at the first stage that fails', async () => {
    const handler = { preProcess: () => 1, run: () => Promise.reject(new Error('no model')), postProcess: () => calls.push('postProcess') };
    await expect(pipelineOf().execute(1, context, handler)).rejects.toThrow('no model');
    await expect(pipelineOf().execute(1, context, { preProcess: () => { throw new Error('bad'); }, run: () => calls.push('run') })).rejects.toThrow('bad'); // prettier-ignore
    expect(calls).toEqual([]);
  });

  describe('middleware', () => {
    it('stands in the order of slots, and within a slot in that of registration; observers surround every stage', async () => {
      const shuffled: StageSlot[] = ['execution', 'retry', 'observe', 'batch', 'cache', 'admission', 'gate', 'breaker'];
      expect([...shuffled].sort()).toEqual([...STAGE_SLOTS].sort());
      const pipeline = pipelineOf(...shuffled.map((slot) => noting(slot)), noting('cache', 'second cache'));
      await pipeline.execute(1, context, { run: () => calls.push('run') });
      const aroundRun = ['cache', 'second cache', 'gate', 'admission', 'breaker', 'retry', 'batch', 'execution'];
      expect(calls).toEqual([
        'observe > preProcess',
        'observe < preProcess',
        'observe > run',
        ...aroundRun.map((name) => `${name} > run`),
        'run',
        ...aroundRun.reverse().map((name) => `${name} < run`),
        'observe < run',
        'observe > postProcess',
        'observe < postProcess',
      ]);
    });

    it('is asked once a route, and may stay out of it', async () => {
      const attach = jest.fn(() => undefined);
      const pipeline = pipelineOf({ slot: 'retry', attach });
      await pipeline.execute(1, context, { run: () => 1 });
      await pipeline.execute(1, context, { run: () => 1 });
      expect(attach.mock.calls).toEqual([[ROUTE]]);
    });

    it('may go on for another context, which all further in then see', async () => {
      const other = context.detached();
      const pipeline = pipelineOf(
        middleware('cache', ({ input }, next) => next(input, other)),
        middleware('retry', (call, next) => {
          expect(call.context).toBe(other);
          return next(call.input);
        }),
      );
      const run = jest.fn((_input: unknown, given: unknown) => given === other);
      expect(await pipeline.execute(1, context, { run })).toBe(true);
    });

    it('may answer without going on', async () => {
      const pipeline = pipelineOf(
        middleware('cache', () => 'kept'),
        noting('execution'),
      );
      const handler = { run: () => calls.push('run'), postProcess: (result: unknown) => `${String(result)}!` };
      expect(await pipeline.execute(1, context, handler as StageLifecycle)).toBe('kept!');
      expect(calls).toEqual([]);
    });

    it('may give the whole answer, which postProcess does not see', async () => {
      const pipeline = pipelineOf(middleware('gate', () => new FinishedResult({ from: 'elsewhere' })));
      const postProcess = jest.fn();
      expect(await pipeline.execute(1, context, { run: () => 1, postProcess })).toEqual({ from: 'elsewhere' });
      expect(postProcess).not.toHaveBeenCalled();
    });

    it('may change what comes and goes, and go on several times', async () => {
      const change = middleware('execution', async (_, next) => `<${String(await next('changed'))}>`);
      const again = middleware('retry', async ({ input }, next) => {
        try {
          return await next(input);
        } catch {
          return next(input);
        }
      });
      let attempts = 0;
      const run = (input: unknown): unknown => {
        if (++attempts === 1) throw new Error('once');
        return input;
      };
      expect(await pipelineOf(again, change).execute('given', context, { run })).toBe('<changed>');
      expect(attempts).toBe(2);
    });

    it('sees the stage, its input, the context and the handler', async () => {
      const seen: unknown[] = [];
      const handler = { preProcess: () => 'prepared', run: () => 'result' };
      const spy = middleware('observe', (call, next) => {
        seen.push([call.stage, call.input, call.context === context, call.handler === handler]);
        return next(call.input);
      });
      await pipelineOf(spy).execute('request', context, handler);
      expect(seen).toEqual([
        ['preProcess', 'request', true, true],
        ['run', 'prepared', true, true],
        ['postProcess', 'result', true, true],
      ]);
    });

    it('is entered and left in balance for any set of slots', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom(...STAGE_SLOTS), { maxLength: 10 }), fc.boolean(), async (slots, isFailing) => {
          const open: string[] = [];
          const pipeline = pipelineOf(
            ...slots.map((slot, index) =>
              middleware(slot, async ({ input }, next) => {
                open.push(`${slot} ${index}`);
                try {
                  return await next(input);
                } finally {
                  expect(open.pop()).toBe(`${slot} ${index}`);
                }
              }),
            ),
          );
          const run = (input: unknown): unknown => {
            const ranks = open.map((entry) => STAGE_SLOTS.indexOf(entry.split(' ')[0] as StageSlot));
            expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
            expect(open).toHaveLength(slots.length);
            if (isFailing) throw new Error('fails');
            return input;
          };
          const outcome = await pipeline.execute('in', context, { run }).catch((error: Error) => error.message);
          expect(outcome).toBe(isFailing ? 'fails' : 'in');
          expect(open).toEqual([]);
        }),
      );
    });
  });

  describe('a stream', () => {
    async function* count(to: number): AsyncGenerator<number, void, void> {
      try {
        for (let n = 1; n <= to; n++) {
          calls.push(`gives ${n}`);
          yield n;
        }
      } finally {
        calls.push('finally');
      }
    }

    it.each(['at once', 'as a promise'])('is mapped item by item by postProcess (%s)', async (how) => {
      const handler = {
        run: () => (how === 'at once' ? count(3) : Promise.resolve(count(3))),
        postProcess: (n: unknown) => ((n as number) % 2 ? (n as number) * 10 : Promise.resolve((n as number) * 10)),
      };
      expect(await read(await pipelineOf().execute(1, context, handler))).toEqual([10, 20, 30]);
    });

    it('has its first item when middleware sees it, so that it can be tried again', async () => {
      let attempts = 0;
      async function* flaky(): AsyncGenerator<string, void, void> {
        if (++attempts === 1) throw new Error('cold');
        yield 'warm';
      }
      const seen: unknown[] = [];
      const retry = middleware('retry', async ({ input }, next) => {
        const result = await Promise.resolve(next(input)).catch(() => next(input));
        seen.push(result instanceof StageStream);
        return result;
      });
      expect(await read(await pipelineOf(retry).execute(1, context, { run: flaky }))).toEqual(['warm']);
      expect([attempts, seen]).toEqual([2, [true]]);
    });

    it('fails as a value does when it fails before its first item', async () => {
      // eslint-disable-next-line require-yield
      async function* broken(): AsyncGenerator<never, void, void> {
        throw new Error('no model');
      }
      await expect(pipelineOf().execute(1, context, { run: broken })).rejects.toThrow('no model');
    });

    it('is no stream when it is bytes', async () => {
      const readable = Readable.from(['x']);
      const binary = new BinaryResult(readable);
      const postProcess = jest.fn((result: unknown) => result);
      expect(await pipelineOf().execute(1, context, { run: () => readable, postProcess })).toBe(readable);
      expect(await pipelineOf().execute(1, context, { run: () => binary, postProcess })).toBe(binary);
      expect(postProcess.mock.calls.map(([result]) => result)).toEqual([readable, binary]);
    });

    it('is discarded when the request ends before anyone reads it', async () => {
      const handler = {
        run: () => {
          const items = count(3);
          return items;
        },
      };
      const abort = middleware('execution', async ({ input }, next) => {
        const result = await next(input);
        context.abort('client_closed');
        return result;
      });
      await expect(pipelineOf(abort).execute(1, context, handler)).rejects.toMatchObject({ abortCause: 'client_closed' });
      await turn();
      expect(calls).toEqual(['gives 1', 'finally']);
    });
  });

  describe('an abort', () => {
    it('lets no stage begin', async () => {
      context.abort('deadline');
      await expect(pipelineOf().execute(1, context, { run: () => calls.push('run') })).rejects.toBe(context.abortedBy);
      expect(calls).toEqual([]);
    });

    it('is noticed between stages, even if a stage ignored it', async () => {
      const handler = {
        preProcess: () => {
          context.abort('client_closed');
          return 1;
        },
        run: () => calls.push('run'),
      };
      await expect(pipelineOf().execute(1, context, handler)).rejects.toMatchObject({ abortCause: 'client_closed' });
      expect(calls).toEqual([]);
    });

    it('ends the request at once, and what the stage gives later is dropped and told', async () => {
      let answer!: (value: string) => void;
      const handler = { run: () => new Promise((resolve) => (answer = resolve)), postProcess: () => calls.push('postProcess') };
      const execution = pipelineOf().execute(1, context, handler);
      await turn();
      context.abort('deadline');
      await expect(execution).rejects.toBe(context.abortedBy);
      answer('too late');
      await turn();
      expect(calls).toEqual([]);
      expect(events).toEqual([{ type: 'late_result', route: '/x', context, stage: 'run', outcome: 'value', lateMs: expect.any(Number) }]);
      expect(writer.messages).toEqual([expect.stringMatching(/^Late value of run dropped, \d+ ms after the request ended \(deadline\)$/)]);
    });

    it('is no late end when the stage stops as it was told', async () => {
      const handler = {
        run: (_: unknown, { signal }: { signal: AbortSignal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      };
      const execution = pipelineOf().execute(1, context, handler);
      await turn();
      context.abort('client_closed');
      await expect(execution).rejects.toBe(context.abortedBy);
      await turn();
      expect([events, writer.records]).toEqual([[], []]);
    });
  });
});

import fc from 'fast-check';
import { RequestContext } from '../core/context/request-context.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { type BatchOptions, resolveBatchOptions } from './batch.options.js';
import { Batcher } from './batcher.js';

interface Input {
  readonly id: number;
  readonly size: number;
  readonly isBad: boolean;
}

type Step =
  | { readonly do: 'arrive'; readonly size: number; readonly isBad: boolean }
  | { readonly do: 'abort'; readonly pick: number }
  | { readonly do: 'end'; readonly pick: number }
  | { readonly do: 'miscount'; readonly pick: number }
  | { readonly do: 'wait'; readonly ms: number };

/** Sizes may be nothing, fractions (of which sums are exact), and more than a batch takes. */
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 48 }).map((quarters) => quarters / 4) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive'), size, isBad: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort'), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end'), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('miscount'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 15 }) }) },
);

const options = fc.record({
  maxSize: fc.integer({ min: 1, max: 10 }),
  maxWaitMs: fc.integer({ min: 0, max: 20 }),
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  queue: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  split: fc.boolean(),
});

interface Sent {
  readonly input: Input;
  readonly context: RequestContext;
  outcome: 'value' | 'bad' | 'miscounted' | 'aborted' | undefined;
}

/**
 * Plays the steps, then lets everything end. What must hold at every moment is noted where it does not: an error thrown within a call would
 * be taken for one of the model.
 */
async function play(given: BatchOptions, steps: readonly Step[]) {
  const clock = new FakeClock();
  const resolved = resolveBatchOptions({ ...given, sizeOf: ({ size }: Input) => size });
  const open: { inputs: readonly Input[]; end: (results: unknown) => void; fail: (error: unknown) => void }[] = [];
  const sent: Sent[] = [];
  const firstCalls: number[] = [];
  const answered: number[] = [];
  const breaches: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || breaches.push(what));
  const countOf = (input: Input): number => Math.min(input.size === 0 ? 1 : input.size, resolved.maxSize);
  const sumOf = (inputs: readonly Input[]): number => inputs.reduce((sum, input) => sum + countOf(input), 0);
  const isWaiting = ({ input, context }: Sent): boolean => !firstCalls.includes(input.id) && !context.abortedBy;
  const batcher = new Batcher({
    route: { path: '/x', name: 'X' },
    options: resolved,
    events: new StageEvents(),
    clock,
    call: (items) => {
      const inputs = items.map(({ input }) => input as Input);
      const isFirst = !firstCalls.includes(inputs[0].id);
      for (const { id } of inputs) if (!firstCalls.includes(id)) firstCalls.push(id);
      must(inputs.length === 1 || sumOf(inputs) <= resolved.maxSize, `a batch of ${sumOf(inputs)}`);
      const next = sent.find(isWaiting);
      if (isFirst && next) must(sumOf([...inputs, next.input]) > resolved.maxSize, `a batch that left ${next.input.id} behind`);
      for (const { id } of inputs) must(sent[id].context.abortedBy === undefined, `a call for ${id}, which has left`);
      return new Promise((end, fail) => {
        open.push({ inputs, end, fail });
        must(open.length <= resolved.maxConcurrent, `${open.length} batches at once`);
      });
    },
  });

  const arrive = (size: number, isBad: boolean): void => {
    const context = new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    const input: Input = { id: sent.length, size, isBad };
    const own: Sent = { input, context, outcome: undefined };
    const settle = (outcome: NonNullable<Sent['outcome']>): void => {
      must(own.outcome === undefined, `two outcomes of ${input.id}`);
      own.outcome = outcome;
    };
    const waitingSize = sumOf(sent.filter(isWaiting).map((each) => each.input));
    sent.push(own);
    try {
      batcher.add(input, context).then(
        (value) => {
          must(value === `result of ${input.id}`, `${String(value)} for ${input.id}`);
          settle('value');
        },
        (error: Error) => {
          if (error === context.abortedBy) return settle('aborted');
          settle(error.message.startsWith('runBatch gave') ? 'miscounted' : 'bad');
        },
      );
    } catch (error) {
      expect(error).toMatchObject({ code: 'overloaded' });
      must(waitingSize + countOf(input) > resolved.queue, `a refusal with ${waitingSize} of ${resolved.queue} waiting`);
      sent.pop();
      return;
    }
    const left = sent.filter(isWaiting).map((each) => each.input);
    must(left.length <= 1 || sumOf(left) <= resolved.queue, `${sumOf(left)} waiting`);
  };
  const end = (pick: number, isMiscounted = false): void => {
    const [call] = open.splice(pick % (open.length || 1), 1);
    if (!call) return;
    if (isMiscounted) return call.end([...call.inputs, 'one more']);
    if (call.inputs.some(({ isBad }) => isBad)) return call.fail(new Error('bad'));
    answered.push(...call.inputs.map(({ id }) => id));
    call.end(call.inputs.map(({ id }) => `result of ${id}`));
  };

  for (const each of steps) {
    if (each.do === 'arrive') arrive(each.size, each.isBad);
    else if (each.do === 'abort') sent[each.pick % (sent.length || 1)]?.context.abort('client_closed');
    else if (each.do === 'wait') await clock.advanceAsync(each.ms);
    else end(each.pick, each.do === 'miscount');
    await clock.advanceAsync(0);
  }
  for (let round = 0; round < 2000 && sent.some(({ outcome }) => !outcome); round++) {
    end(0);
    await clock.advanceAsync(1);
  }
  while (open.length > 0) {
    end(0);
    await clock.advanceAsync(0);
  }
  return { sent, firstCalls, answered, breaches, clock, split: resolved.split };
}

describe('a batcher under random arrivals, aborts and failures', () => {
  it('keeps the order, loses none, doubles none and never exceeds its limits', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 60, size: 'max' }), async (given, steps) => {
        const { sent, firstCalls, answered, breaches, clock, split } = await play(given, steps);
        expect(breaches).toEqual([]);
        expect(sent.filter(({ outcome }) => outcome === undefined)).toEqual([]);
        expect(firstCalls).toEqual([...firstCalls].sort((a, b) => a - b));
        expect(new Set(answered).size).toBe(answered.length);
        for (const { input, context, outcome } of sent) {
          if (outcome === 'value') expect([input.isBad, answered.includes(input.id)]).toEqual([false, true]);
          if (outcome === 'aborted') expect(context.abortedBy).toBeDefined();
          if (outcome === 'bad' && split) expect(input.isBad).toBe(true);
          if (!context.abortedBy && outcome !== 'miscounted' && split) expect(outcome).toBe(input.isBad ? 'bad' : 'value');
          expect(context.abortListenerCount).toBe(0);
        }
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

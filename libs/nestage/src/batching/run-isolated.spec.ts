import { RequestContext } from '../core/context/request-context.js';
import { BusinessError, FatalError, ModelError } from '../core/errors/service-errors.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { BatchItem } from './batch-item.js';
import { runIsolated } from './run-isolated.js';

function itemsOf(inputs: readonly unknown[]): readonly BatchItem[] {
  return inputs.map((input) => {
    const context = new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    const item = new BatchItem({ input, context, size: 1, since: 0 });
    item.result.catch(() => undefined); // awaited by the test in its own time
    return item;
  });
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function run(inputs: readonly unknown[], runBatch: (inputs: unknown[], items: readonly BatchItem[]) => unknown, split = true) {
  const items = itemsOf(inputs);
  const call = async (given: readonly BatchItem[]): Promise<unknown> =>
    runBatch(
      given.map(({ input }) => input),
      given,
    );
  const calls = await runIsolated(items, { call, split });
  const settled = await Promise.allSettled(items.map(({ result }) => result));
  return { calls, outcomes: settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as unknown))) };
}

describe(runIsolated.name, () => {
  it.each([1, 2, 3, 7, 32, 33, 100])('finds one bad input among %i', async (count) => {
    for (const bad of new Set([0, Math.floor(count / 2), count - 1])) {
      const fault = new BusinessError('bad');
      const { calls, outcomes } = await run(numbers(count), (inputs) => {
        if (inputs.includes(bad)) throw fault;
        return inputs;
      });
      expect(outcomes).toEqual(numbers(count).map((input) => (input === bad ? fault : input)));
      expect(calls).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1);
    }
  });

  it('finds several, and makes no more than 2n - 1 calls when all are bad', async () => {
    const { calls, outcomes } = await run(numbers(16), (inputs) => {
      throw new Error(`bad: ${inputs.join()}`);
    });
    expect(outcomes.map((error) => (error as Error).message)).toEqual(numbers(16).map((input) => `bad: ${input}`));
    expect(calls).toBe(31);
  });

  it('fails all of them with split: false', async () => {
    const fault = new Error('bad');
    await expect(run([1, 2, 3], () => Promise.reject(fault), false)).resolves.toEqual({ calls: 1, outcomes: [fault, fault, fault] });
  });

  it.each([new FatalError('corrupt'), new ModelError('busy', { code: 'model_overloaded' }), new ModelError('', { code: 'model_timeout' })])(
    'does not split what smaller batches would not cure (%p)',
    async (fault) => {
      await expect(run([1, 2], () => Promise.reject(fault))).resolves.toEqual({ calls: 1, outcomes: [fault, fault] });
    },
  );

  it('fails the one whose result is an Error', async () => {
    const fault = new BusinessError('too long');
    await expect(run([1, 2, 3], () => [10, fault, 30])).resolves.toEqual({ calls: 1, outcomes: [10, fault, 30] });
  });

  it.each([
    ['2 results', [1, 2]],
    ['4 results', [1, 2, 3, 4]],
    ['no array of results', undefined],
    ['no array of results', 'abc'],
  ])('fails all when it gets %s for three inputs, without another call', async (what, given) => {
    const { calls, outcomes } = await run([1, 2, 3], () => given);
    expect(calls).toBe(1);
    for (const error of outcomes) expect(error).toMatchObject({ code: 'model_error', message: `runBatch gave ${what} for 3 inputs` });
  });

  it('refuses a stream as a result, and takes bytes', async () => {
    async function* stream() {
      yield await Promise.resolve(1);
    }
    const { outcomes } = await run([1, 2], () => [stream(), Buffer.from('x')]);
    expect(outcomes).toEqual([expect.objectContaining({ code: 'model_error' }), Buffer.from('x')]);
  });

  it('runs the rest again when one that has left ends the batch by its abort', async () => {
    const { calls, outcomes } = await run([1, 2, 3], (inputs, items) => {
      if (items.length < 3) return inputs;
      items[1].context.abort('client_closed');
      items[1].reject(items[1].context.abortedBy);
      throw items[1].context.signal.reason;
    });
    expect([calls, outcomes[0], outcomes[2]]).toEqual([2, 1, 3]);
    expect(outcomes[1]).toMatchObject({ abortCause: 'client_closed' });
  });

  it('tells nobody that it was aborted who was not', async () => {
    const { calls, outcomes } = await run([1, 2], () => Promise.reject(new DOMException('stopped', 'AbortError')));
    expect(calls).toBe(1);
    for (const error of outcomes) expect(error).toMatchObject({ code: 'model_error', cause: { name: 'AbortError' } });
  });

  it('runs nothing for those who have all left', async () => {
    const items = itemsOf([1]);
    items[0].reject(new Error('left'));
    expect(await runIsolated(items, { call: () => Promise.reject(new Error('called')), split: true })).toBe(0);
  });
});

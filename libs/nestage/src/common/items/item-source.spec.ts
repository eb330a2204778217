import fc from 'fast-check';
import { ItemSource } from './item-source.js';
import { MappedItems } from './item-stage.js';
import { itemsOf } from './iterator-items.js';
import { primed, PrimedItems } from './primed-items.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An iterator whose items come when the test says so, and that notes how often it is called. */
class Hand implements AsyncIterableIterator<number> {
  asked = 0;
  returned = 0;
  settle: (result: IteratorResult<number> | PromiseLike<never>) => void = () => undefined;

  next(): Promise<IteratorResult<number>> {
    this.asked++;
    return new Promise((resolve) => (this.settle = resolve));
  }
  async return(): Promise<IteratorResult<number>> {
    this.returned++;
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* generated<T>(items: readonly T[], failure?: Error): AsyncGenerator<T, void, void> {
  yield* items;
  if (failure) throw failure;
}

describe(ItemSource.name, () => {
  it('is read as the generators are that it takes the place of, whether steps wait or not', async () => {
    const step = fc.record({ waits: fc.boolean(), failsAt: fc.option(fc.nat(8), { nil: -1 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9)), fc.array(step, { maxLength: 4 }), fc.boolean(), async (items, steps, fails) => {
        const mapOf = ({ waits, failsAt }: (typeof steps)[number]) => {
          let calls = 0;
          return (item: number): number | Promise<number> => {
            if (calls++ === failsAt) throw new Error('a step');
            return waits ? Promise.resolve(item + 1) : item + 1;
          };
        };
        async function* mapped(given: AsyncIterable<number>, map: (item: number) => number | Promise<number>) {
          for await (const item of given) yield await map(item);
        }
        const told = async (given: AsyncIterable<number>): Promise<unknown[]> => {
          const list: unknown[] = [];
          try {
            for await (const item of given) list.push(item);
          } catch (error) {
            list.push((error as Error).message);
          }
          return list;
        };
        const failure = fails ? new Error('the source') : undefined;
        const expected = steps.reduce<AsyncIterable<number>>((given, each) => mapped(given, mapOf(each)), generated(items, failure));
        const source = itemsOf<number>(generated(items, failure));
        const actual = steps.reduce<ItemSource<number>>((given, each) => new MappedItems(given, mapOf(each)), source);
        expect(await told(actual)).toEqual(await told(expected));
      }),
    );
  });

  it('is asked for one item at a time, and answers calls of next that overlap in their order', async () => {
    const hand = new Hand();
    const reader = itemsOf(hand)[Symbol.asyncIterator]();
    const readings = [reader.next(), reader.next(), reader.next()];
    expect(hand.asked).toBe(1);
    for (const value of [1, 2]) {
      hand.settle({ done: false, value });
      await turn();
    }
    expect(hand.asked).toBe(3);
    hand.settle({ done: true, value: undefined });
    expect(await Promise.all(readings)).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
    expect([await reader.next(), hand.asked, hand.returned]).toEqual([{ done: true, value: undefined }, 3, 0]);
  });

  it('answers who waits, and closes its iterator once, when its reader stops', async () => {
    const hand = new Hand();
    const reader = itemsOf(hand)[Symbol.asyncIterator]();
    const waiting = reader.next();
    await reader.return?.();
    await reader.return?.();
    expect([await waiting, await reader.next(), hand.returned]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
      1,
    ]);
    hand.settle({ done: false, value: 1 }); // too late: nobody is there
    await turn();
  });

  it('fails once, ends then, and does not close an iterator that has failed', async () => {
    const hand = new Hand();
    const reader = itemsOf(hand)[Symbol.asyncIterator]();
    const waiting = reader.next();
    hand.settle(Promise.reject(new Error('lost')) as PromiseLike<never>);
    await expect(waiting).rejects.toThrow('lost');
    await reader.return?.();
    expect([await reader.next(), hand.returned]).toEqual([{ done: true, value: undefined }, 0]);
  });

  it.each([
    ['an iterator whose next throws', { next: () => fail() }],
    ['an iterator whose next rejects', { next: async () => fail() }],
  ])('fails with %s', async (_name, iterator) => {
    await expect(all(itemsOf({ [Symbol.asyncIterator]: () => iterator }))).rejects.toThrow('no next');
  });

  it('bears iterators that give results in place of promises, however long they are', async () => {
    let number = 0;
    const plain = { next: () => (number < 50_000 ? { done: false, value: number++ } : { done: true, value: undefined }) };
    const items = itemsOf({ [Symbol.asyncIterator]: () => plain } as unknown as AsyncIterable<number>);
    let sum = 0;
    await new Promise<void>((resolve, reject) => {
      const receiver = { item: (value: number) => void ((sum += value), items.ask(receiver)), end: resolve, fail: reject };
      items.ask(receiver);
    });
    expect(sum).toBe((49_999 * 50_000) / 2);
  });

  it('waits for a step that waits, and drops what that gives when its reader has stopped', async () => {
    const hand = new Hand();
    let settle!: (value: number) => void;
    const items = new MappedItems(itemsOf(hand), () => new Promise<number>((resolve) => (settle = resolve)));
    const told: unknown[] = [];
    items.ask({ item: (value) => told.push(value), end: () => told.push('end'), fail: () => told.push('fail') });
    hand.settle({ done: false, value: 1 });
    await turn();
    expect([told, hand.asked]).toEqual([[], 1]);
    await items.close();
    settle(1);
    await turn();
    expect([told, hand.returned]).toEqual([[], 1]);
  });

  it('closes its source when a step fails', async () => {
    const hand = new Hand();
    const reading = all(new MappedItems(itemsOf(hand), () => fail()));
    hand.settle({ done: false, value: 1 });
    await expect(reading).rejects.toThrow('no next');
    expect(hand.returned).toBe(1);
  });
});

describe(primed.name, () => {
  it('has taken the first item, and gives all', async () => {
    for (const items of [[], [1], [1, 2, 3]]) {
      const source = await primed(itemsOf(generated(items)));
      expect([source.first?.value, await all(source)]).toEqual([items[0], items]);
    }
  });

  it('rejects with a failure before the first item', async () => {
    await expect(primed(itemsOf(generated([], new Error('no model'))))).rejects.toThrow('no model');
  });

  it('is there at once, and fails at once, where its source answers at once', () => {
    const given = new PrimedItems(itemsOf(generated([2])), { value: 1 });
    const double = primed(new MappedItems(given, (item) => item * 2));
    expect((double as PrimedItems<number>).first).toEqual({ value: 2 });
    const again = new PrimedItems(itemsOf(generated([2])), { value: 1 });
    expect(() => primed(new MappedItems(again, fail))).toThrow('no next');
  });

  it('gives nothing more once it is closed', async () => {
    const source = await primed(itemsOf(generated([1, 2])));
    await source.close();
    expect(await all(source)).toEqual([]);
  });
});

function fail(): never {
  throw new Error('no next');
}

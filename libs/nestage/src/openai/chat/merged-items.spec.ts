import fc from 'fast-check';
import { MergedItems } from './merged-items.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(MergedItems.name, () => {
  /** Which sources have been closed. */
  let closed: string[];

  beforeEach(() => {
    closed = [];
  });

  /** Gives its items a turn after each other; an item that is an error is thrown. */
  async function* source(name: string, items: readonly unknown[], waits: readonly boolean[] = []): AsyncGenerator<unknown, void, void> {
    try {
      for (const [index, item] of items.entries()) {
        if (waits[index]) await turn();
        if (item instanceof Error) throw item;
        yield item;
      }
    } finally {
      closed.push(name);
    }
  }

  async function told(items: AsyncIterable<unknown>): Promise<unknown[]> {
    const list: unknown[] = [];
    try {
      for await (const item of items) list.push(item);
    } catch (error) {
      list.push(error);
    }
    return list;
  }

  it('gives all items of all sources, those of each in their order', async () => {
    const given = fc.array(fc.array(fc.record({ value: fc.nat(), waits: fc.boolean() }), { maxLength: 6 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(given, async (lists) => {
        const sources = lists.map((list, index) =>
          source(
            String(index),
            list.map(({ value }) => [index, value]),
            list.map(({ waits }) => waits),
          ),
        );
        const items = (await told(new MergedItems(sources))) as [number, number][];
        expect(items).toHaveLength(lists.flat().length);
        for (const [index, list] of lists.entries()) {
          expect(items.filter(([of]) => of === index).map(([, value]) => value)).toEqual(list.map(({ value }) => value));
        }
      }),
    );
  });

  it('waits for none of them', async () => {
    const never = (async function* () {
      await new Promise(() => undefined);
      yield 'never';
    })();
    const reader = new MergedItems<unknown>([never, source('b', [1, 2])])[Symbol.asyncIterator]();
    expect([await reader.next(), await reader.next()].map(({ value }) => value as unknown)).toEqual([1, 2]);
  });

  it('takes no more than one item of each ahead', async () => {
    let made = 0;
    async function* counting(): AsyncGenerator<number, void, void> {
      for (;;) yield ++made;
    }
    const reader = new MergedItems([counting()])[Symbol.asyncIterator]();
    await reader.next();
    await turn();
    expect(made).toBe(2);
    await reader.return?.();
  });

  it('fails with the first failure, after what had come before it, and closes the others first', async () => {
    const failure = new Error('lost');
    const items = await told(new MergedItems([source('a', [1, failure]), source('b', [2, 3, 4, 5], [false, true, true, true])]));
    expect(items.at(-1)).toBe(failure);
    expect(items.slice(0, -1)).toEqual(expect.arrayContaining([1, 2]));
    expect(closed.sort()).toEqual(['a', 'b']);
  });

  it('closes all when its reader stops', async () => {
    for await (const _ of new MergedItems([source('a', [1, 2]), source('b', [3, 4])])) break;
    expect(closed.sort()).toEqual(['a', 'b']);
  });
});

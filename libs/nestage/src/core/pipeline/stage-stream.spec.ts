import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { currentLogId } from '../context/context-storage.js';
import { RequestContext } from '../context/request-context.js';
import { StageStream } from './stage-stream.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('StageStream', () => {
  let context: RequestContext;
  /** What the source did, in order. */
  let calls: string[];

  beforeEach(() => {
    calls = [];
    context = new RequestContext({ logId: 'id', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
  });

  /** Gives items, notes each, and its end; throws an item that is an error. */
  async function* source(...items: readonly unknown[]): AsyncGenerator<unknown, void, void> {
    try {
      for (const item of items) {
        calls.push(`gives ${String(item)}`);
        if (item instanceof Error) throw item;
        yield item;
      }
    } finally {
      calls.push('finally');
    }
  }

  async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
    const items: unknown[] = [];
    for await (const item of stream) items.push(item);
    return items;
  }

  it('has its first item before it is read, and takes no other', async () => {
    const stream = await StageStream.open(source(1, 2, 3), context);
    expect(calls).toEqual(['gives 1']);
    expect(await read(stream)).toEqual([1, 2, 3]);
    expect(calls).toEqual(['gives 1', 'gives 2', 'gives 3', 'finally']);
  });

  it('rejects with what the source throws before its first item', async () => {
    await expect(StageStream.open(source(new Error('no model')), context)).rejects.toThrow('no model');
    expect(calls).toEqual(['gives Error: no model', 'finally']);
  });

  it('may be empty', async () => {
    expect(await read(await StageStream.open(source(), context))).toEqual([]);
  });

  it('takes one item at a time, when it is asked for', async () => {
    const stream = await StageStream.open(source(1, 2, 3), context);
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await turn();
    expect(calls).toEqual(['gives 1']);
    await reader.next();
    await turn();
    expect(calls).toEqual(['gives 1', 'gives 2']);
    await reader.return?.();
  });

  it('tells observers of each item, then of the end, then of the rest', async () => {
    const heard: unknown[] = [];
    const stream = await StageStream.open(source('a', 'b'), context);
    stream.observe({
      asked: () => heard.push('asked'),
      item: (item) => heard.push(item),
      end: (error) => heard.push(['end', error]),
      rest: () => heard.push('rest'),
    });
    await read(stream);
    await turn();
    expect(heard).toEqual(['asked', 'a', 'asked', 'b', 'asked', ['end', undefined], 'rest']);
  });

  it('fails where its source fails, and tells observers why', async () => {
    const ends: unknown[] = [];
    const failure = new Error('lost device');
    const stream = (await StageStream.open(source(1, failure), context)).observe({ end: (error) => ends.push(error) });
    await expect(read(stream)).rejects.toBe(failure);
    expect(ends).toEqual([failure]);
  });

  it("runs the source's finally when its reader stops, and ends without an error", async () => {
    const ends: unknown[] = [];
    const stream = (await StageStream.open(source(1, 2, 3), context)).observe({ end: (error) => ends.push(error) });
    for await (const _ of stream) break;
    await turn();
    expect([calls, ends]).toEqual([['gives 1', 'finally'], [undefined]]);
  });

  it.each(['discard', 'dispose'] as const)("runs the source's finally when nobody ever reads it (%s)", async (how) => {
    const ends: unknown[] = [];
    const rests: string[] = [];
    const stream = await StageStream.open(source(1, 2), context);
    stream.observe({ end: (error) => ends.push(error), rest: () => rests.push('rest') });
    if (how === 'discard') stream.discard();
    else context.dispose();
    stream.discard();
    await turn();
    expect([calls, ends, rests]).toEqual([['gives 1', 'finally'], [undefined], ['rest']]);
  });

  it.each(['discard', 'abort'] as const)("runs the source's finally within the context of its request (%s)", async (how) => {
    const seen: unknown[] = [];
    const stream = await StageStream.open(
      (async function* () {
        try {
          yield* [1, 2];
        } finally {
          seen.push(currentLogId());
        }
      })(),
      context,
    );
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    if (how === 'discard') stream.discard();
    else {
      context.abort('client_closed');
      await expect(reader.next()).rejects.toBe(context.abortedBy);
    }
    await turn();
    expect(seen).toEqual(['id']);
  });

  it('tells an observer that comes late of an end that has been', async () => {
    const heard: string[] = [];
    const stream = await StageStream.open(source(1), context);
    stream.discard();
    stream.observe({ end: () => heard.push('end'), rest: () => heard.push('rest') });
    await turn();
    expect(heard).toEqual(['end', 'rest']);
  });

  it('rejects with the reason at once when the signal fires, also when the source does not react', async () => {
    const ends: unknown[] = [];
    const rests: string[] = [];
    let goOn!: () => void;
    async function* deaf(): AsyncGenerator<number, void, void> {
      try {
        yield 1;
        await new Promise<void>((resolve) => (goOn = resolve));
        yield 2;
      } finally {
        calls.push('finally');
      }
    }
    const stream = await StageStream.open(deaf(), context);
    stream.observe({ end: (error) => ends.push(error), rest: () => rests.push('rest') });
    const reading = read(stream);
    await turn();
    context.abort('deadline');
    await expect(reading).rejects.toMatchObject({ abortCause: 'deadline' });
    expect([calls, ends, rests]).toEqual([[], [context.abortedBy], []]);
    goOn();
    await turn();
    expect([calls, rests]).toEqual([['finally'], ['rest']]);
  });

  it('tells every observer of the end, whatever another throws', async () => {
    const heard: string[] = [];
    const fails = (): never => {
      throw new Error('observer');
    };
    const stream = await StageStream.open(source(1, 2), context);
    stream.observe({ end: fails, rest: fails }).observe({ end: () => heard.push('end'), rest: () => heard.push('rest') });
    expect(await read(stream)).toEqual([1, 2]);
    await turn();
    expect(heard).toEqual(['end', 'rest']);
  });

  it('does not open for a request that is over', async () => {
    context.abort('client_closed');
    await expect(StageStream.open(source(1), context)).rejects.toMatchObject({ abortCause: 'client_closed' });
    expect(calls).toEqual([]);
  });

  it('is closed when its request ends while the first item is made', async () => {
    const opening = StageStream.open(source(1), context);
    context.abort('client_closed');
    await expect(opening).rejects.toMatchObject({ abortCause: 'client_closed' });
    await turn();
    expect(calls).toEqual(['gives 1', 'finally']);
  });

  it('bears sources that fail while they are closed, or can not be closed at all', async () => {
    const stubborn = (close: object): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }), ...close }),
    });
    const closings = [
      {},
      { return: () => Promise.reject(new Error('busy')) },
      {
        return: () => {
          throw new Error('busy');
        },
      },
    ];
    for (const close of closings) {
      const rests: string[] = [];
      const stream = (await StageStream.open(stubborn(close), context)).observe({ rest: () => rests.push('rest') });
      stream.discard();
      await turn();
      expect(rests).toEqual(['rest']);
    }
  });
});

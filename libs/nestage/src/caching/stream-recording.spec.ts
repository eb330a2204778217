import fc from 'fast-check';
import type { RecordingReader } from './recording-reader.js';
import { StreamRecording } from './stream-recording.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A source that gives items when it is told to. */
class Source implements AsyncIterator<unknown> {
  asked = 0;
  private waiting: { resolve: (result: IteratorResult<unknown>) => void; reject: (error: unknown) => void } | undefined;
  private readonly ready: ((to: NonNullable<Source['waiting']>) => void)[] = [];

  next(): Promise<IteratorResult<unknown>> {
    this.asked++;
    return new Promise((resolve, reject) => {
      const settle = this.ready.shift();
      if (settle) settle({ resolve, reject });
      else this.waiting = { resolve, reject };
    });
  }
  give(...items: readonly unknown[]): void {
    for (const value of items) this.settle(({ resolve }) => resolve({ done: false, value }));
  }
  end(): void {
    this.settle(({ resolve }) => resolve({ done: true, value: undefined }));
  }
  fail(error: unknown): void {
    this.settle(({ reject }) => reject(error));
  }
  private settle(how: (to: NonNullable<Source['waiting']>) => void): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) how(waiting);
    else this.ready.push(how);
  }
}

function setUp(maxBytes = 1000) {
  const source = new Source();
  const told: unknown[] = [];
  const recording = new StreamRecording({
    source,
    maxBytes,
    bytesOf: () => 10,
    copy: (item) => ({ ...(item as object) }),
    onOverflow: () => told.push('overflow'),
    onEnd: (items) => told.push(items),
  });
  const read = (): RecordingReader => recording.read(() => told.push('lag'));
  return { source, recording, told, read };
}

const itemOf = (n: number): { n: number } => ({ n });
async function all(reader: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of reader) items.push((item as { n: number }).n);
  return items;
}

describe(StreamRecording.name, () => {
  it('gives each reader all items, the late ones, too, and asks the source once for each', async () => {
    const { source, told, read } = setUp();
    const first = all(read());
    source.give(itemOf(1), itemOf(2));
    await turn();
    const second = all(read());
    source.give(itemOf(3));
    source.end();
    expect(await Promise.all([first, second])).toEqual([[1, 2, 3], [1, 2, 3]]); // prettier-ignore
    expect([source.asked, told]).toEqual([4, [[itemOf(1), itemOf(2), itemOf(3)]]]);
    expect(await all(read())).toEqual([1, 2, 3]);
  });

  it('asks for nothing before a reader wants it', async () => {
    const { source, read } = setUp();
    const reader = read();
    source.give(itemOf(1), itemOf(2));
    await reader.next();
    await turn();
    expect(source.asked).toBe(1);
  });

  it('gives each reader its own copy', async () => {
    const { source, read, recording } = setUp();
    const [one, other] = [read(), read()];
    source.give(itemOf(1));
    const first = (await one.next()).value as { n: number };
    first.n = 5;
    expect((await other.next()).value).toEqual({ n: 1 });
    expect(recording.at(0)?.item).toEqual({ n: 1 });
  });

  it('fails for all readers where the source fails, after what came before', async () => {
    const { source, told, read } = setUp();
    const one = read();
    source.give(itemOf(1));
    source.fail(new Error('broken'));
    await expect(all(one)).rejects.toThrow('broken');
    const late = read();
    expect(await late.next()).toEqual({ done: false, value: itemOf(1) });
    await expect(late.next()).rejects.toThrow('broken');
    expect(told).toEqual([undefined]);
  });

  it('ends a reader that stops while it waits, without the others', async () => {
    const { source, read } = setUp();
    const [stopping, staying] = [read(), read()];
    const waits = [stopping.next(), staying.next()];
    await stopping.return();
    source.give(itemOf(1));
    expect(await Promise.all(waits)).toEqual([{ done: true, value: undefined }, { done: false, value: itemOf(1) }]); // prettier-ignore
  });

  it('keeps only what is still to be read once it has overflowed, and hands the last reader the originals', async () => {
    const { source, told, read, recording } = setUp(20);
    const reader = read();
    const items = [1, 2, 3, 4, 5].map(itemOf);
    source.give(...items);
    const got: unknown[] = [];
    for (const _ of items) got.push((await reader.next()).value);
    expect(told).toEqual(['overflow']);
    expect(got).toEqual(items);
    expect([got[0] === items[0], got[4] === items[4]]).toEqual([false, true]);
    expect([0, 1, 2, 3, 4].map((position) => recording.at(position))).toEqual([undefined, undefined, undefined, undefined, undefined]);
    source.end();
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(told).toEqual(['overflow', undefined]);
  });

  it('cuts a reader off that is too far behind the fastest, and no other', async () => {
    const { source, told, read } = setUp(30);
    const [fast, slow, middle] = [read(), read(), read()];
    source.give(...Array.from({ length: 10 }, (_, n) => itemOf(n)));
    await slow.next();
    for (let n = 0; n < 6; n++) {
      await fast.next();
      await middle.next();
    }
    expect(told).toEqual(['overflow', 'lag']);
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect((await middle.next()).value).toEqual(itemOf(6));
  });

  it('gives every reader a gapless way from the first item, or cuts it off, and never keeps more than it may', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('next' as const), pick: fc.nat(5) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('give' as const), pick: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const), pick: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), pick: fc.nat(5) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 0, max: 60 }), async (steps, maxBytes) => {
        const source = new Source();
        const cut = new Set<RecordingReader>();
        let isOpen = true;
        const recording = new StreamRecording({
          source,
          maxBytes,
          bytesOf: () => 10,
          copy: (item) => item,
          onOverflow: () => (isOpen = false),
          onEnd: () => undefined,
        });
        const readers: { reader: RecordingReader; got: number[]; isBusy: boolean; hasLeft: boolean }[] = [];
        let given = 0;
        for (const { do: what, pick } of steps) {
          if (what === 'join' && isOpen) {
            const reader: RecordingReader = recording.read(() => cut.add(reader));
            readers.push({ reader, got: [], isBusy: false, hasLeft: false });
          } else if (what === 'give') source.give({ n: given++ });
          else if (readers[pick] && what === 'leave') {
            readers[pick].hasLeft = true;
            await readers[pick].reader.return();
          } else if (readers[pick] && what === 'next' && !readers[pick].isBusy) {
            const own = readers[pick];
            own.isBusy = true;
            void own.reader.next().then(({ done, value }) => {
              own.isBusy = false;
              if (!done) own.got.push((value as { n: number }).n);
            });
          }
          await turn();
          const kept = Array.from({ length: given }, (_, position) => recording.at(position)).filter((each) => each !== undefined).length;
          expect(kept * 10).toBeLessThanOrEqual(maxBytes + 20);
        }
        for (const { got, reader, hasLeft } of readers) {
          expect(got).toEqual(Array.from({ length: got.length }, (_, n) => n));
          if (!hasLeft && !cut.has(reader)) expect(reader.position).toBe(got.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

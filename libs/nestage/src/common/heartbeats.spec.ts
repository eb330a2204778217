import { FakeClock } from '../testing/fake-clock.js';
import { Heartbeats } from './heartbeats.js';

/** A source whose items come when the test says so. */
class Source implements AsyncIterableIterator<string> {
  private settle: ((result: IteratorResult<string> | PromiseLike<never>) => void) | undefined;
  isClosed = false;

  next(): Promise<IteratorResult<string>> {
    return new Promise((resolve) => (this.settle = resolve));
  }
  give(value: string): void {
    this.settle?.({ done: false, value });
  }
  fail(error: Error): void {
    this.settle?.(Promise.reject(error) as PromiseLike<never>);
  }
  finish(): void {
    this.settle?.({ done: true, value: undefined });
  }
  async return(): Promise<IteratorResult<string>> {
    this.isClosed = true;
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe(Heartbeats.name, () => {
  it('beats in each long silence after the first chunk, and in no other', async () => {
    const clock = new FakeClock();
    const source = new Source();
    const heard: string[] = [];
    const reading = (async () => {
      for await (const chunk of new Heartbeats(source, { everyMs: 100, beat: '.', clock })) heard.push(chunk);
    })();
    await turns();
    clock.advance(1000);
    await turns();
    expect(heard).toEqual([]);
    source.give('a');
    await turns();
    for (const step of [99, 1, 100, 50]) {
      clock.advance(step);
      await turns();
    }
    expect(heard).toEqual(['a', '.', '.']);
    source.give('b');
    await turns();
    clock.advance(99);
    await turns();
    source.finish();
    await reading;
    expect(heard).toEqual(['a', '.', '.', 'b']);
  });

  it('closes the source when nobody reads on', async () => {
    const source = new Source();
    const reading = new Heartbeats(source, { everyMs: 100, beat: '.', clock: new FakeClock() })[Symbol.asyncIterator]();
    const first = reading.next();
    await turns();
    source.give('a');
    await first;
    await reading.return?.();
    expect(source.isClosed).toBe(true);
  });

  it.each([
    ['a chunk', (source: Source) => source.give('b'), 'b'],
    ['the end', (source: Source) => source.finish(), 'end'],
    ['a failure', (source: Source) => source.fail(new Error('lost')), 'lost'],
  ])('holds %s that comes after a beat until it is asked for', async (_name, come, expected) => {
    const clock = new FakeClock();
    const source = new Source();
    const items = new Heartbeats(source, { everyMs: 100, beat: '.', clock });
    const told: string[] = [];
    const receiver = {
      item: (chunk: string) => void told.push(chunk),
      end: () => void told.push('end'),
      fail: (error: unknown) => void told.push((error as Error).message),
    };
    items.ask(receiver);
    source.give('a');
    await turns();
    items.ask(receiver);
    clock.advance(100);
    come(source);
    await turns();
    expect(told).toEqual(['a', '.']);
    items.ask(receiver);
    expect(told).toEqual(['a', '.', expected]);
    clock.advance(1000);
    expect(told).toHaveLength(3);
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    const source = new Source();
    const reader = new Heartbeats(source, { everyMs: 100, beat: '.', clock })[Symbol.asyncIterator]();
    const first = reader.next();
    source.give('a');
    await first;
    void reader.next();
    expect(clock.pendingTimers).toBe(1);
    await reader.return?.();
    expect(clock.pendingTimers).toBe(0);
  });
});

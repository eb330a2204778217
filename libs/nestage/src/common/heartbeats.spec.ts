import { FakeClock } from '../testing/fake-clock.js';
import { Heartbeats } from './heartbeats.js';

/** A source whose items come when the test says so. */
class Source implements AsyncIterableIterator<string> {
  private settle: ((result: IteratorResult<string>) => void) | undefined;
  isClosed = false;

  next(): Promise<IteratorResult<string>> {
    return new Promise((resolve) => (this.settle = resolve));
  }
  give(value: string): void {
    this.settle?.({ done: false, value });
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
});

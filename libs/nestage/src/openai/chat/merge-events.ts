/**
 * Items of several sources as they come, each source in its own order. A failure of one ends them all; so does whoever stops reading.
 * @internal
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const waiting = new Map(iterators.map((iterator) => [iterator, step(iterator)]));
  try {
    while (waiting.size > 0) {
      const { iterator, result } = await Promise.race(waiting.values());
      if (result.done) waiting.delete(iterator);
      else {
        waiting.set(iterator, step(iterator));
        yield result.value;
      }
    }
  } finally {
    for (const pending of waiting.values()) pending.catch(() => undefined); // the first failure is the one that is told
    await Promise.allSettled([...waiting.keys()].map(async (iterator) => iterator.return?.()));
  }
}

interface Step<T> {
  readonly iterator: AsyncIterator<T>;
  readonly result: IteratorResult<T>;
}

const step = async <T>(iterator: AsyncIterator<T>): Promise<Step<T>> => ({ iterator, result: await iterator.next() });

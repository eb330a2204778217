/**
 * Takes the first item now, so that a failure before it rejects here; the result gives that item again and then the rest.
 * Can be read once.
 * @internal
 */
export async function primed<T>(items: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const source = items[Symbol.asyncIterator]();
  return resumed(source, await source.next());
}

/** Gives a first result that has been taken already, then the rest of its source. @internal */
export async function* resumed<T>(source: AsyncIterator<T>, first: IteratorResult<T>): AsyncGenerator<T, void, void> {
  let result = first;
  try {
    for (; !result.done; result = await source.next()) yield result.value;
  } finally {
    if (!result.done) await source.return?.();
  }
}

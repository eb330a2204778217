/**
 * Takes the first item now, so that a failure before it rejects here; the result gives that item again and then the rest.
 * Can be read once.
 * @internal
 */
export async function primed<T>(items: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const source = items[Symbol.asyncIterator]();
  return rest(source, await source.next());
}

async function* rest<T>(source: AsyncIterator<T>, first: IteratorResult<T>): AsyncGenerator<T, void, void> {
  let result = first;
  try {
    for (; !result.done; result = await source.next()) yield result.value;
  } finally {
    if (!result.done) await source.return?.();
  }
}

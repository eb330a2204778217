import { contextStorage } from './context-storage.js';
import type { StageContext } from './stage-context.js';

/**
 * Reads an iterable so that its source always runs within the request's context. Later items are asked for from socket events, which
 * belong to no request.
 * @internal
 */
export function inContext<T>(context: StageContext, items: AsyncIterable<T>): AsyncIterableIterator<T> {
  const source = items[Symbol.asyncIterator]();
  return {
    next: () => contextStorage.run(context, () => source.next()),
    return: (value?: unknown) =>
      contextStorage.run(context, () => source.return?.(value) ?? Promise.resolve({ done: true as const, value: undefined })),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

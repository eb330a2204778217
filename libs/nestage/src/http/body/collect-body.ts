import type { Readable } from 'node:stream';
import { contextStorage } from '../../core/context/context-storage.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { closed, unfinished } from './arriving-body.js';
import type { BodyBudget } from './body-budget.js';

/** Hears how a reading ended: one of the two is called, once, within the request's context. @internal */
export interface ReadingOutcome<T> {
  readonly done: (result: T) => void;
  readonly failed: (error: unknown) => void;
}

/** @internal */
export interface CollectBodyInit {
  /** The request, or what decompresses it. */
  readonly source: Readable;
  readonly context: RequestContext;
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
  /** What a failure of a decompressor means; the request itself only ever closes. */
  readonly failure: ((cause: Error) => Error) | undefined;
  /** Where each chunk takes its share; `undefined` where that is done already. */
  readonly budget: BodyBudget | undefined;
}

/**
 * Takes a body into memory, by callbacks: a promise is some 0.7 microseconds within a request's context, and a small body would need three.
 * @internal
 */
export function collectBody(init: CollectBodyInit, outcome: ReadingOutcome<Buffer>): void {
  const { source, context, maxBytes, tooLarge, failure, budget } = init;
  const chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  let release = (): void => undefined;

  const add = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) return fail(tooLarge());
    chunks.push(chunk);
    try {
      if (budget) context.onDispose(budget.take(chunk.length));
    } catch (error) {
      fail(error);
    }
  };
  const end = (): boolean => {
    const wasOver = isOver;
    isOver = true;
    release();
    return !wasOver;
  };
  const fail = (error: unknown): void => {
    source.off('data', add);
    source.pause();
    if (end()) contextStorage.run(context, outcome.failed, error);
  };
  release = context.onAbort((reason) => reason.abortCause !== 'client_closed' && fail(unfinished(reason))); // at once, if it is aborted
  if (isOver) return;

  source.on('data', add);
  source.on('end', () => {
    if (end()) contextStorage.run(context, outcome.done, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
  });
  source.on('close', () => isOver || fail(closed())); // after the end it means nothing, and an error is not cheap to make
  if (failure) source.on('error', (cause) => fail(failure(cause)));
}

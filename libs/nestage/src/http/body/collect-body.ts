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

/** Whom a body is collected for. @internal */
export interface BodyTaker extends ReadingOutcome<Buffer> {
  /** What a body of more than `maxBytes` fails with. */
  readonly tooLarge: () => Error;
}

/** @internal */
export interface CollectBodyInit {
  /** The request, or what decompresses it. */
  readonly source: Readable;
  readonly context: RequestContext;
  readonly maxBytes: number;
  /** What a failure of a decompressor means; the request itself only ever closes. */
  readonly failure: ((cause: Error) => Error) | undefined;
  /** Where each chunk takes its share; `undefined` where that is done already. */
  readonly budget: BodyBudget | undefined;
}

/**
 * Takes a body into memory, by callbacks: a promise is some 0.7 microseconds within a request's context, and a small body would need three.
 * @internal
 */
export function collectBody(init: CollectBodyInit, taker: BodyTaker): void {
  new BodyCollector(init, taker).begin();
}

/** Kept on the source, so that the same functions listen to all of them. */
const COLLECTOR = Symbol('nestage:body-collector');

type Collected = Readable & { [COLLECTOR]?: BodyCollector };

class BodyCollector {
  private chunks: Buffer[] | undefined = undefined; // most bodies are one chunk: its list is made with it
  private size = 0;
  private isOver = false;
  private stopListening: (() => void) | undefined = undefined;

  constructor(
    readonly init: CollectBodyInit,
    readonly taker: BodyTaker,
  ) {}

  begin(): void {
    const { context, failure } = this.init;
    const source: Collected = this.init.source;
    this.stopListening = context.onAbort((reason) => reason.abortCause !== 'client_closed' && this.fail(unfinished(reason))); // at once, if it is aborted
    if (this.isOver) return;
    source[COLLECTOR] = this;
    source.on('data', onData);
    source.on('end', onEnd);
    source.on('close', onClose);
    if (failure) source.on('error', (cause) => this.fail(failure(cause)));
  }

  add(chunk: Buffer): void {
    const { maxBytes, budget, context } = this.init;
    this.size += chunk.length;
    if (this.size > maxBytes) return this.fail(this.taker.tooLarge());
    if (this.chunks) this.chunks.push(chunk);
    else this.chunks = [chunk];
    try {
      if (budget) context.onDispose(budget.take(chunk.length));
    } catch (error) {
      this.fail(error);
    }
  }

  finish(): void {
    const { chunks = [], size } = this;
    if (this.end()) contextStorage.run(this.init.context, done, this.taker, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
  }

  /** After the end it means nothing, and an error is not cheap to make. */
  close(): void {
    if (!this.isOver) this.fail(closed());
  }

  private fail(error: unknown): void {
    const { source, context } = this.init;
    source.off('data', onData);
    source.pause();
    if (this.end()) contextStorage.run(context, failed, this.taker, error);
  }

  /** @returns whether it was not over yet */
  private end(): boolean {
    const wasOver = this.isOver;
    this.isOver = true;
    this.stopListening?.();
    return !wasOver;
  }
}

function onData(this: Collected, chunk: Buffer): void {
  this[COLLECTOR]?.add(chunk);
}

function onEnd(this: Collected): void {
  this[COLLECTOR]?.finish();
}

function onClose(this: Collected): void {
  this[COLLECTOR]?.close();
}

const done = (taker: BodyTaker, bytes: Buffer): void => taker.done(bytes);
const failed = (taker: BodyTaker, error: unknown): void => taker.failed(error);

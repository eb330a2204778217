import { type Readable, Transform, type TransformCallback } from 'node:stream';
import type { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { RequestError } from '../../core/errors/service-errors.js';
import { isWebServiceError } from '../../core/errors/web-service.error.js';

/** @internal */
export interface ArrivingBodyInit {
  /** The request, or what decompresses it. */
  readonly source: Readable;
  readonly context: RequestContext;
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
  /** What a failure of the source means. */
  readonly failure: (cause: Error) => Error;
}

/**
 * The body of a request for a reader that takes it as it comes: counted against the limit, ended when the client leaves or the request is
 * aborted. The request itself is never destroyed, since its connection must carry the answer.
 * @internal
 */
export class ArrivingBody {
  private size = 0;
  private isDropping = true;
  private failure: Error | undefined;

  constructor(private readonly init: ArrivingBodyInit) {}

  /** Bytes that have come so far. */
  get bytes(): number {
    return this.size;
  }

  /** Resolves to what `read` makes of the body. What it leaves unread after a refusal is dropped, so that the client gets to its answer. */
  async readBy<T>(read: (body: Readable) => Promise<T>): Promise<T> {
    const { source, context, failure } = this.init;
    const body = new Transform({ transform: (chunk: Buffer, _encoding, done) => this.count(chunk, done) });
    const fail = (error: Error): void => {
      this.failure ??= error;
      body.destroy(error);
    };
    const onError = (cause: Error): void => fail(failure(cause));
    const onClose = (): void => void (source.readableEnded || fail(closed()));
    const release = context.onAbort((reason) => {
      this.isDropping = false;
      fail(reason.abortCause === 'client_closed' ? closed() : unfinished(reason));
    });
    body.on('error', () => undefined); // told by the reader, which may not be listening any more
    source.on('error', onError);
    source.on('close', onClose);
    source.pipe(body);
    try {
      return await read(body);
    } catch (error) {
      // With the body, what the reader had taken for it is gone: how that shows is of no interest.
      throw isWebServiceError(error) ? error : (this.failure ?? error);
    } finally {
      release();
      source.unpipe(body);
      source.off('close', onClose);
      body.destroy();
      if (this.isDropping) source.resume();
      else source.pause();
    }
  }

  private count(chunk: Buffer, done: TransformCallback): void {
    this.size += chunk.length;
    if (this.size <= this.init.maxBytes) return done(null, chunk);
    this.isDropping = false;
    done(this.init.tooLarge());
  }
}

/** @internal */
export const closed = (cause?: Error): Error =>
  new RequestError('The client closed the connection before its body was complete', { code: 'client_closed', cause });

/** @internal */
export const unfinished = (reason: RequestAbortedError): Error =>
  new RequestError('The request was aborted before its body was complete', {
    code: reason.code,
    cause: reason,
    headers: { connection: 'close' }, // the rest of the body is not read
  });

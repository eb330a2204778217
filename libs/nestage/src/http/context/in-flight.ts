import { Injectable } from '@nestjs/common';
import { PlaceList } from '../../common/place-list.js';
import type { AbortCause } from '../../core/context/request-aborted.error.js';
import type { OpenRequest } from './open-request.js';

/** Every request between its first byte and the last of its answer. @publicApi */
@Injectable()
export class InFlightRequests {
  private readonly open = new PlaceList<OpenRequest>();
  private isLastCall = false;
  private readonly waiting: (() => void)[] = [];

  get count(): number {
    return this.open.size;
  }

  /** As `count`, without requests to the service's own routes, such as the one that asks. */
  get clientCount(): number {
    return this.open.all().filter(({ context }) => !context.servicePath).length;
  }

  /** @internal */
  add(request: OpenRequest): void {
    this.open.add(request);
    if (this.isLastCall) endConnection(request);
  }

  /** @internal */
  remove(request: OpenRequest): void {
    this.open.remove(request);
    if (this.open.size === 0 && this.waiting.length > 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  /**
   * From now on the connection of each request ends with its answer, unless that has begun: a client that kept it would send its next request to
   * a server that is gone.
   * @internal
   */
  callLast(): void {
    this.isLastCall = true;
    for (const request of this.open.all()) endConnection(request);
  }

  /** Fires the signal of every open request. */
  abortAll(cause: AbortCause): void {
    for (const { context } of this.open.all()) context.abort(cause);
  }

  /** Resolves to true when none is open any more, to false after `withinMs`. */
  whenEmpty(withinMs: number): Promise<boolean> {
    if (this.open.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

/** Tells the client that the connection ends with the answer. HTTP/2 has no such header: its server says goodbye by itself. */
function endConnection({ response }: OpenRequest): void {
  if (!response.headersSent && response.req.httpVersionMajor < 2) response.setHeader('connection', 'close');
}

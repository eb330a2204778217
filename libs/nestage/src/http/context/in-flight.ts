import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { AbortCause } from '../../core/context/request-aborted.error.js';

/** Every request between its first byte and the last of its answer. @publicApi */
@Injectable()
export class InFlightRequests {
  /** Each with what tells its client that the connection ends with the answer. */
  private readonly open = new Map<RequestContext, () => void>();
  private isLastCall = false;
  private readonly waiting: (() => void)[] = [];

  get count(): number {
    return this.open.size;
  }

  /** As `count`, without requests to the service's own routes, such as the one that asks. */
  get clientCount(): number {
    return [...this.open.keys()].filter(({ servicePath }) => !servicePath).length;
  }

  /** @internal */
  add(context: RequestContext, endConnection: () => void): void {
    this.open.set(context, endConnection);
    if (this.isLastCall) endConnection();
    context.onDispose(() => {
      this.open.delete(context);
      if (this.open.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  /**
   * From now on the connection of each request ends with its answer, unless that has begun: a client that kept it would send its next request to
   * a server that is gone.
   * @internal
   */
  callLast(): void {
    this.isLastCall = true;
    for (const endConnection of this.open.values()) endConnection();
  }

  /** Fires the signal of every open request. */
  abortAll(cause: AbortCause): void {
    for (const context of [...this.open.keys()]) context.abort(cause);
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

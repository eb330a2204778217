import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { AbortCause } from '../../core/context/request-aborted.error.js';

/** Every request between its first byte and the last of its answer. @publicApi */
@Injectable()
export class InFlightRequests {
  private readonly open = new Set<RequestContext>();
  private readonly waiting: (() => void)[] = [];

  get count(): number {
    return this.open.size;
  }

  /** As `count`, without requests to the service's own routes, such as the one that asks. */
  get clientCount(): number {
    return [...this.open].filter(({ servicePath }) => !servicePath).length;
  }

  /** @internal */
  add(context: RequestContext): void {
    this.open.add(context);
    context.onDispose(() => {
      this.open.delete(context);
      if (this.open.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
    });
  }

  /** Fires the signal of every open request. */
  abortAll(cause: AbortCause): void {
    for (const context of [...this.open]) context.abort(cause);
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

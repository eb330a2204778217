import type { RequestContext } from '../../core/context/request-context.js';

/** Whose permits they are. @internal */
export interface PermitOwner {
  /** The request of a permit is over, its work is not. @returns what cancels the taking back */
  outlasted(permit: HeldPermit): () => void;
  returned(permit: HeldPermit, failure: unknown): void;
}

/**
 * One place among the running requests, held until it is released or, by work that ignores the signal, taken back a while after it.
 * @internal
 */
export class HeldPermit {
  private isHeld = true;
  private cancel: (() => void) | undefined = undefined;
  private stopWatching: (() => void) | undefined = undefined;

  /**
   * @param since reading of the monotonic clock when it was taken
   * @param inFlight how many were out then, this one included
   */
  constructor(
    private readonly owner: PermitOwner,
    readonly context: RequestContext,
    readonly since: number,
    readonly inFlight: number,
  ) {}

  /** Whether the request is over and its work goes on. */
  get isAbandoned(): boolean {
    return this.cancel !== undefined;
  }

  /** For work that goes on when the call for it has returned: the request may end before it. */
  watch(): void {
    this.stopWatching ??= this.context.onAbort(() => {
      this.cancel = this.owner.outlasted(this);
    });
  }

  /** Gives it back; further calls do nothing. @param failure what the work threw, if it did */
  release(failure?: unknown): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.cancel?.();
    this.stopWatching?.();
    this.owner.returned(this, failure);
  }
}

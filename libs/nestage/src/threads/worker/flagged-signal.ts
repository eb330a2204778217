import { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import { ABORT_CAUSES } from '../wire/messages.js';

/**
 * A signal that follows shared memory. A message alone would reach it only when the thread's event loop turns, which it does not while a
 * model computes: so `aborted` and `throwIfAborted` look for themselves.
 * @internal
 */
export class FlaggedSignal {
  private readonly controller = new AbortController();
  private hasFired = false;

  constructor(
    private readonly aborts: Int32Array,
    private readonly index: number,
  ) {
    const look = (): boolean => this.look();
    Object.defineProperties(this.signal, {
      aborted: { get: look },
      throwIfAborted: {
        value(this: AbortSignal) {
          if (look()) throw this.reason;
        },
      },
    });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Fires the signal if the memory says so. @returns whether it has fired */
  look(): boolean {
    if (this.hasFired) return true;
    const cause = Atomics.load(this.aborts, this.index);
    if (cause === 0) return false;
    this.hasFired = true;
    this.controller.abort(new RequestAbortedError(ABORT_CAUSES[cause - 1]));
    return true;
  }
}

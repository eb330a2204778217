import { RequestError } from '../../core/errors/service-errors.js';

/** Bytes of bodies that may be held at once over all requests. @internal */
export class BodyBudget {
  private held = 0;

  /** @param maxBytes see `maxBodyBytesInFlight` */
  constructor(private readonly maxBytes: number) {}

  get bytesHeld(): number {
    return this.held;
  }

  /**
   * Takes a share; call the result to give it back.
   * @throws RequestError `overloaded` with Retry-After when the budget is spent
   */
  take(bytes: number): () => void {
    if (this.held + bytes > this.maxBytes) {
      throw new RequestError(`Bodies in flight would hold ${this.held + bytes} bytes, over "maxBodyBytesInFlight" of ${this.maxBytes}`, {
        code: 'overloaded',
      });
    }
    this.held += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.held -= bytes;
      isHeld = false;
    };
  }
}

import type { Clock } from '../../common/clock.js';

/** The one timer of a request, set anew as its way goes on. @internal */
export class DeadlineTimer {
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly expire: () => void,
  ) {}

  /** Takes the place of what was set before; a time that has passed expires at once. */
  set(delayMs: number): void {
    this.clear();
    if (delayMs <= 0) this.expire();
    else this.cancel = this.clock.schedule(delayMs, this.expire);
  }

  clear(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}

/** Someone who waits for a turn. */
interface Waiter {
  readonly begin: () => void;
  readonly refuse: (reason: Error) => void;
}

/**
 * Lets a fixed number of holders in at once. The others wait in the order in which they came, and leave when their signal fires.
 *
 * @example
 * const giveBack = await turns.take(signal);
 * try {
 *   await work();
 * } finally {
 *   giveBack();
 * }
 */
export class Turns {
  private readonly waiting = new Set<Waiter>();
  private held = 0;
  private closedFor: Error | undefined;

  /** @param places how many turns there are at once */
  constructor(private readonly places: number) {}

  /** Turns that are held and those that are waited for. */
  get load(): number {
    return this.held + this.waiting.size;
  }

  /**
   * Waits for a turn.
   *
   * @returns what gives the turn back; to be called once
   * @throws the signal's reason when it fires first; what `close` was given
   */
  take(signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (this.closedFor) return reject(this.closedFor);
      const onAbort = (): void => waiter.refuse(signal?.reason as Error);
      const leave = (): void => {
        this.waiting.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        begin: () => {
          leave();
          this.held++;
          resolve(() => this.giveBack());
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      if (this.held < this.places) return waiter.begin();
      this.waiting.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Refuses all who wait and who come from now on; turns that are held go on. */
  close(reason: Error): void {
    this.closedFor = reason;
    for (const waiter of this.waiting) waiter.refuse(reason);
  }

  private giveBack(): void {
    this.held--;
    const [next] = this.waiting;
    next?.begin();
  }
}

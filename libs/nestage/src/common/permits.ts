/** A place in the waiting room. @internal */
export interface PermitWaiter {
  /** Resolves when the permit is this waiter's, who must release it; rejects with what it left for. */
  readonly granted: Promise<void>;
  /** Gives the place up. @returns false when the permit had been granted already: it must be released then */
  leave(reason: Error): boolean;
}

/** @internal */
export interface PermitsOptions {
  /** How many may be out at once. */
  readonly limit: number;
  /** How many may wait for one; 0 for no waiting. */
  readonly queue: number;
}

interface Waiting {
  readonly grant: () => void;
}

/**
 * A semaphore with a bounded waiting room: first come, first served, and whoever leaves makes room at once.
 * @internal
 */
export class Permits {
  private readonly room = new Set<Waiting>();
  private taken = 0;
  private most: number;
  private readonly queue: number;

  constructor({ limit, queue }: PermitsOptions) {
    this.most = limit;
    this.queue = queue;
  }

  get inUse(): number {
    return this.taken;
  }

  get waiting(): number {
    return this.room.size;
  }

  get limit(): number {
    return this.most;
  }

  /** Whether there is neither a permit nor a place to wait for one. */
  get isFull(): boolean {
    return this.taken >= this.most && this.room.size >= this.queue;
  }

  /** Takes a permit that is free, unless somebody waits for it. */
  tryTake(): boolean {
    if (this.taken >= this.most || this.room.size > 0) return false;
    this.taken++;
    return true;
  }

  /** Takes the last place in the waiting room. To be asked for when `tryTake` failed and the room is not full. */
  wait(): PermitWaiter {
    let reject!: (reason: Error) => void;
    let waiting!: Waiting;
    const granted = new Promise<void>((resolve, refuse) => {
      reject = refuse;
      waiting = { grant: resolve };
    });
    this.room.add(waiting);
    return {
      granted,
      leave: (reason) => {
        const isWaiting = this.room.delete(waiting);
        if (isWaiting) reject(reason);
        return isWaiting;
      },
    };
  }

  /** Gives a permit back: to whoever has waited longest, if anybody does. */
  release(): void {
    this.taken--;
    this.grantFree();
  }

  /** Another limit from now on. Permits that are out stay out; the number in use falls below a lower limit as they come back. */
  resize(limit: number): void {
    this.most = limit;
    this.grantFree();
  }

  private grantFree(): void {
    for (const waiting of this.room) {
      if (this.taken >= this.most) return;
      this.room.delete(waiting);
      this.taken++;
      waiting.grant();
    }
  }
}

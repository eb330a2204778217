import type { Clock } from '../common/clock.js';

/** Keys held at once; one more takes the place of the oldest. */
const MAX_KEYS = 10_000;

/** Who has claimed what first: a key is granted once, and again after its time. @internal */
export class Claims {
  private readonly heldUntil = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** @returns whether nobody holds the key; it is then held for `holdMs` */
  grant(key: string, holdMs: number): boolean {
    const now = this.clock.elapsed();
    if ((this.heldUntil.get(key) ?? -Infinity) > now) return false;
    this.heldUntil.delete(key);
    if (this.heldUntil.size >= MAX_KEYS) for (const [oldest] of [...this.heldUntil].slice(0, 1)) this.heldUntil.delete(oldest);
    this.heldUntil.set(key, now + holdMs);
    return true;
  }
}

import type { Clock } from '../../common/clock.js';

/** Weight of the newest interval: about the last ten count. */
const WEIGHT = 0.1;
const DEFAULT_SECONDS = 1;
const MAX_SECONDS = 60;

/**
 * Estimates how soon a full waiting room has a place again, from how fast permits come back.
 * @internal
 */
export class DrainRate {
  private intervalMs: number | undefined;
  private lastAt: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** A permit came back. @param wasBusy whether somebody waited for it: the pauses of an idle route say nothing of its pace */
  released(wasBusy: boolean): void {
    const now = this.clock.elapsed();
    if (wasBusy && this.lastAt !== undefined) {
      const interval = now - this.lastAt;
      this.intervalMs = this.intervalMs === undefined ? interval : this.intervalMs + WEIGHT * (interval - this.intervalMs);
    }
    this.lastAt = now;
  }

  /**
   * Whole seconds, 1 to 60, until `ahead` requests have had their turn. A route that has given nothing back for long drains no faster
   * than that.
   */
  secondsFor(ahead: number): number {
    if (this.intervalMs === undefined || this.lastAt === undefined) return DEFAULT_SECONDS;
    const intervalMs = Math.max(this.intervalMs, this.clock.elapsed() - this.lastAt);
    return Math.min(MAX_SECONDS, Math.max(1, Math.ceil((intervalMs * ahead) / 1000)));
  }
}

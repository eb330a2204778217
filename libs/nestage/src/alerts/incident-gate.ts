import type { Clock } from '../common/clock.js';

/** @internal */
export interface IncidentGateInit {
  /** Shortest time between two announcements that it fires. */
  readonly cooldownMs: number;
  /** How long the condition must be absent before it counts as over. */
  readonly quietMs: number;
  /** By how much the cooldown grows with each announcement of one incident. @default 1 */
  readonly patience?: number;
  readonly clock: Clock;
}

/**
 * Turns a condition that comes and goes into few announcements: it fires at once, again after each cooldown while the condition holds,
 * and has recovered when the condition was absent for `quietMs`. An outbreak between a recovery and the end of the cooldown is not
 * lost: it is announced when the cooldown ends. So in any cooldown there is at most one alert and one recovery.
 * @internal
 */
export class IncidentGate {
  private firedAt: number | undefined;
  private quietSince: number | undefined;
  private firing = false;
  private isHeld = false;
  private cooldownMs: number;

  constructor(private readonly init: IncidentGateInit) {
    this.cooldownMs = init.cooldownMs;
  }

  /** Whether an alert has been announced and not its recovery. */
  get isFiring(): boolean {
    return this.firing;
  }

  /** Whether `step` must be called although nothing happens. */
  get needsTime(): boolean {
    return this.firing || this.isHeld;
  }

  /** Whether an alert that is due now would be folded. */
  get isCooling(): boolean {
    return this.firedAt !== undefined && this.init.clock.elapsed() - this.firedAt < this.cooldownMs;
  }

  /**
   * @param holds whether the condition holds
   * @param isWorthTelling whether it may be announced now; while it ebbs away it is not told again
   * @returns what is to be announced, if anything
   */
  step(holds: boolean, isWorthTelling = holds): 'firing' | 'recovered' | undefined {
    const now = this.init.clock.elapsed();
    this.quietSince = holds ? undefined : (this.quietSince ?? now);
    if (!this.isCooling && ((holds && isWorthTelling) || this.isHeld)) return this.fire(now);
    if (!this.firing) this.isHeld ||= holds;
    else if (this.quietSince !== undefined && now - this.quietSince >= this.init.quietMs) {
      this.firing = false;
      return 'recovered';
    }
    return undefined;
  }

  private fire(now: number): 'firing' {
    this.cooldownMs = this.firing ? this.cooldownMs * (this.init.patience ?? 1) : this.init.cooldownMs;
    this.firedAt = now;
    this.firing = true;
    this.isHeld = false;
    if (this.quietSince !== undefined) this.quietSince = now; // told late: its end is not told in the same breath
    return 'firing';
  }
}

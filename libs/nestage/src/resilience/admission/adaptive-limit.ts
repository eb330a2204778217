/** @internal */
export interface AdaptiveLimitInit {
  /** Never fewer. */
  readonly min: number;
  /** Never more. */
  readonly max: number;
}

/** One piece of work that has ended. @internal */
export interface LimitSample {
  /** How long it took; `undefined` where that says nothing, such as for work that failed early. */
  readonly durationMs: number | undefined;
  /** How many were running when it began, itself included. */
  readonly inFlight: number;
  /** Whether it failed because there was too much work: a deadline, a busy upstream. */
  readonly isDropped: boolean;
}

/** Samples of one judgement, and how many of them for each permit: their median must mean something. */
const MIN_WINDOW = 24;
const WINDOW_PER_PERMIT = 1.5;
/** So much slower than unhurried work may be until the limit falls. */
const TOLERANCE = 1.3;
/** Most that one judgement takes away. */
const MOST_OFF = 0.7;
const OFF_WHEN_DROPPED = 0.8;
/** Share of dropped work that counts as too much of it. */
const DROPS = 0.05;
/** Weight of a faster median: the fastest of many is luck. */
const LEARNT = 0.3;
/** Share of the limit that must have been in use before more is tried. */
const IN_USE = 0.8;
/** Judgements from one look at unhurried work to the next. */
const PROBE_EVERY = 30;
/** A probe goes on while half the limit makes work so much faster. */
const FASTER = 0.9;

interface Probe {
  /** The limit to come back to. */
  readonly limit: number;
  /** Median before the last halving. */
  readonly median: number;
}

/**
 * How many may run at once, found by their latency: additive increase while more makes nothing slower, decrease in proportion when
 * it does (as TCP Vegas does with its windows). What "slower" means is measured: every thirty judgements the limit is halved for a
 * moment, again and again while that makes work faster, and the median that is left is what unhurried work takes. Pure: no clock, no
 * timers; whoever holds the permits gives samples and takes the limit.
 * @see https://www.cs.princeton.edu/research/techreps/TR-628-00 (TCP Vegas)
 * @internal
 */
export class AdaptiveLimit {
  private current: number;
  private unhurriedMs: number | undefined;
  private durations: number[] = [];
  private count = 0;
  private drops = 0;
  private busiest = 0;
  /** Work that began under the limit before: it says nothing about this one. */
  private stale = 0;
  private judgements = 0;
  private probe: Probe | undefined;
  /** Until the first sign of too much, the limit grows by half at a time. */
  private isStarting = true;

  constructor(private readonly init: AdaptiveLimitInit) {
    this.current = init.min;
  }

  get limit(): number {
    return this.current;
  }

  /** @returns whether the limit has changed */
  sample({ durationMs, inFlight, isDropped }: LimitSample): boolean {
    if (this.stale > 0) {
      this.stale -= 1;
      return false;
    }
    if (durationMs === undefined && !isDropped) return false;
    this.count += 1;
    if (isDropped) this.drops += 1;
    else if (durationMs !== undefined) this.durations.push(durationMs);
    this.busiest = Math.max(this.busiest, inFlight);
    if (this.count < Math.max(MIN_WINDOW, WINDOW_PER_PERMIT * this.current)) return false;
    const before = this.current;
    this.judge();
    this.durations = [];
    this.count = this.drops = this.busiest = 0;
    if (this.current !== before) this.stale = before;
    return this.current !== before;
  }

  private judge(): void {
    this.judgements += 1;
    if (this.drops > this.count * DROPS) {
      this.probe = undefined;
      this.isStarting = false;
      return this.set(this.current * OFF_WHEN_DROPPED);
    }
    const median = medianOf(this.durations);
    if (this.probe) return this.goOnProbing(this.probe, median);
    // At the bottom nothing can be less hurried; otherwise only what is faster is learnt in passing.
    if (this.unhurriedMs === undefined || this.current === this.init.min) this.unhurriedMs = median;
    else if (median < this.unhurriedMs) this.unhurriedMs += LEARNT * (median - this.unhurriedMs);
    const ratio = median / this.unhurriedMs;
    const isInUse = this.busiest >= this.current * IN_USE;
    if (this.judgements % PROBE_EVERY === 0 && isInUse && this.current > this.init.min) return this.beginProbe(median);
    if (ratio > TOLERANCE) {
      this.isStarting = false;
      this.set(Math.min(this.current - 1, this.current * Math.max(MOST_OFF, TOLERANCE / ratio)));
    } else if (isInUse) this.set(this.current + Math.max(1, this.isStarting ? this.current / 2 : Math.sqrt(this.current) / 2));
  }

  private beginProbe(median: number): void {
    this.probe = { limit: this.current, median };
    this.set(this.current / 2);
  }

  private goOnProbing({ limit, median: before }: Probe, median: number): void {
    if (median < before * FASTER && this.current > this.init.min) {
      this.probe = { limit, median };
      return this.set(this.current / 2);
    }
    this.unhurriedMs = Math.min(before, median);
    this.probe = undefined;
    this.set(limit);
  }

  private set(limit: number): void {
    this.current = Math.min(this.init.max, Math.max(this.init.min, Math.round(limit)));
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

import { hours } from '../../common/duration.js';
import { Baseline } from './baseline.js';

const DAY_MS = hours(24);
const SLOTS = 48;
/** Weight of a new day in the memory of its time of day. */
const DAY_WEIGHT = 0.4;
const CLIP = 3;
/** Comparisons with the day before until their spread is believed. */
const MIN_RESIDUALS = 4;

/**
 * What is usual at a time of day, learnt from the days before: so a slow rise over hours is told from the morning's traffic. Knows
 * nothing on the first day.
 * @internal
 */
export class SeasonalBaseline {
  private readonly levels: (number | undefined)[] = new Array<number | undefined>(SLOTS).fill(undefined);
  /** How far days differ from each other, over all times of day. */
  private readonly residuals: Baseline;
  private slot = -1;
  private latest = 0;

  constructor(minSpread: number) {
    this.residuals = new Baseline({ halfLife: SLOTS, minSpread });
  }

  /** What the days before say of this time of day, between two slots in proportion; `undefined` when they say nothing. */
  expected(atMs: number): number | undefined {
    const place = slotsOf(atMs) - 0.5;
    const before = this.levels[(Math.floor(place) + SLOTS) % SLOTS];
    const after = this.levels[(Math.floor(place) + 1) % SLOTS];
    if (before === undefined || after === undefined || this.residuals.samples < MIN_RESIDUALS) return undefined;
    return before + (after - before) * (place - Math.floor(place));
  }

  /** The most that the days before say of this time of day, half an hour more or less. */
  highest(atMs: number): number | undefined {
    if (this.expected(atMs) === undefined) return undefined;
    const slot = Math.floor(slotsOf(atMs));
    const around = [slot - 1, slot, slot + 1].map((each) => this.levels[(each + SLOTS) % SLOTS]);
    return Math.max(...around.filter((level) => level !== undefined));
  }

  /** Standard deviation between one day and the next. */
  get spread(): number {
    return this.residuals.spread();
  }

  /** @param value a typical value of the last half hour */
  learn(value: number, atMs: number): void {
    const slot = Math.floor(slotsOf(atMs));
    if (slot !== this.slot && this.slot >= 0) this.close(this.slot);
    this.slot = slot;
    this.latest = value;
  }

  /** Moves the whole day, after a change that has come to stay. */
  shift(by: number): void {
    this.levels.forEach((level, slot) => (this.levels[slot] = level === undefined ? undefined : level + by));
  }

  private close(slot: number): void {
    const level = this.levels[slot];
    if (level === undefined) {
      this.levels[slot] = this.latest;
      return;
    }
    const residual = this.latest - level;
    this.residuals.learn(Math.abs(residual) > CLIP * this.spread ? 0 : residual);
    const bound = CLIP * this.spread;
    this.levels[slot] = level + DAY_WEIGHT * Math.min(bound, Math.max(-bound, residual));
  }
}

const slotsOf = (atMs: number): number => ((atMs % DAY_MS) / DAY_MS) * SLOTS;

/** @internal */
export interface BaselineInit {
  /** Samples after which what was learnt weighs half. */
  readonly halfLife: number;
  /** Smallest spread that is believed. */
  readonly minSpread: number;
}

/** How far one sample is believed, in standard deviations: an incident must not become the baseline at once (Huber's idea). */
const CLIP = 3;
/** Downwards more is believed, so that the baseline finds back after what it has learnt in a long incident. */
const CLIP_DOWN = 6;
/** Half of a normal distribution lies within as many standard deviations of its middle. */
const MEDIAN_DEVIATION = 0.6745;
/** Samples that are taken as they are: there is no spread yet to clip them by. */
const EARLY = 5;
/** Longest step of the spread, as a share of it. */
const MAX_STEP = 0.1;

/**
 * A robust moving level and spread. The level is an exponentially weighted mean of clipped samples. The spread has two parts: that of
 * the sample itself, which is known (few requests tell less), and that of the signal, which is tracked so that half of the residuals
 * lie within its median deviation: a sample however wild moves it by one small step.
 * @internal
 */
export class Baseline {
  level = 0;
  samples = 0;
  private own: number;
  private readonly weight: number;

  constructor(private readonly init: BaselineInit) {
    this.weight = 1 - 2 ** (-1 / init.halfLife);
    this.own = 2 * init.minSpread;
  }

  /** Standard deviation of the residual of a sample with this variance of its own. */
  spread(variance = 0): number {
    return Math.sqrt(this.own * this.own + variance);
  }

  /** @param trust how much of the usual weight the sample has, such as less for one that is out of the ordinary */
  learn(value: number, variance = 0, trust = 1): void {
    this.samples += 1;
    if (this.samples === 1) {
      this.level = value;
      return;
    }
    const weight = trust * Math.max(this.weight, 1 / this.samples);
    const spread = this.spread(variance);
    const residual = value - this.level;
    this.level += weight * (this.samples <= EARLY ? residual : Math.min(CLIP * spread, Math.max(-CLIP_DOWN * spread, residual)));
    this.track(Math.abs(residual), spread, Math.min(weight, MAX_STEP));
  }

  /** A small step towards the spread of which the residual would be the median, and not beyond it. */
  private track(residual: number, spread: number, step: number): void {
    if (residual < MEDIAN_DEVIATION * spread) this.own = Math.max(this.init.minSpread, this.own * Math.exp(-step));
    else this.own = Math.max(this.own, Math.min(this.own * Math.exp(step), residual / MEDIAN_DEVIATION));
  }

  /** Moves the level to where the signal is now. */
  shift(by: number): void {
    this.level += by;
  }
}

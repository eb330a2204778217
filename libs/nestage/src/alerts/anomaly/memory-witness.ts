import { rounded } from '../alert-text.js';
import type { ChangeWitness } from './change-witness.js';

/** Intervals over which the trend is taken. */
const LOOK_BACK = 60;
const MIN_SAMPLES = 10;
/** Percentage points that are worth a word. */
const MIN_RISE = 5;

/** Tells when memory has been rising, by a line through the last samples. @internal */
export class MemoryWitness implements ChangeWitness {
  private readonly samples: number[] = [];

  /** @param memoryPercent percent of the memory in use, now */
  constructor(
    private readonly memoryPercent: () => number,
    private readonly intervalMs: number,
  ) {}

  tick(): void {
    this.samples.push(this.memoryPercent());
    if (this.samples.length > LOOK_BACK) this.samples.shift();
  }

  changes(): readonly string[] {
    const { samples } = this;
    if (samples.length < MIN_SAMPLES) return [];
    const rise = slope(samples) * (samples.length - 1);
    if (rise < MIN_RISE) return [];
    const minutes = ((samples.length - 1) * this.intervalMs) / 60_000;
    return [`memory rose by ${rounded(rise)} points to ${rounded(samples[samples.length - 1])} % within ${rounded(minutes)} minutes`];
  }
}

/** Of the line of least squares, per sample. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _value, index) => sum + (index - middle) ** 2, 0);
  return covariance / variance;
}

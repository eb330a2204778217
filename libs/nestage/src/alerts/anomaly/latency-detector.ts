import { hours, minutes } from '../../common/duration.js';
import { Baseline } from './baseline.js';
import type { Detector, DetectorInit, Verdict } from './detector.js';
import type { IntervalSample } from './interval-sample.js';
import { SeasonalBaseline } from './seasonal-baseline.js';

const HALF_LIFE_MS = hours(1);
const TYPICAL_MS = minutes(30);
/** Samples that are judged together, so that few requests a minute are enough. */
const JUDGED = 3;
/** Samples before anything is judged. */
const WARM_UP = 30;
const MIN_SPREAD = 0.02;
/** After as long away from its time of day, in either direction, a level is taken for the new usual. */
const SETTLED_MS = hours(8);
/** Weight that a sample out of the ordinary has in the baseline. */
const DOUBTED = 0.25;

interface Point {
  readonly value: number;
  readonly timed: number;
  readonly variance: number;
}

/**
 * Judges the logarithm of latency, so that a change is a factor and a long tail is bent in, by two baselines: one of the last hours,
 * which sees steps within minutes, and one of the time of day, which sees what grows too slowly for the first.
 * @internal
 */
export class LatencyDetector implements Detector {
  private readonly recent: Baseline;
  private readonly season = new SeasonalBaseline(MIN_SPREAD);
  private readonly window: Point[] = [];
  private readonly windowLength: number;
  private awaySince: number | undefined;

  constructor(private readonly init: DetectorInit) {
    this.recent = new Baseline({ halfLife: Math.max(1, HALF_LIFE_MS / init.intervalMs), minSpread: MIN_SPREAD });
    this.windowLength = Math.max(JUDGED, Math.round(TYPICAL_MS / init.intervalMs));
  }

  judge({ timed, meanLog, varianceLog }: IntervalSample, atMs: number): Verdict | undefined {
    if (timed === 0) return undefined;
    this.window.push({ value: meanLog, timed, variance: varianceLog });
    if (this.window.length > this.windowLength) this.window.shift();
    const typical = median(this.window.map(({ value }) => value));
    const byRecent = this.unlessUsual(this.byRecent(meanLog), meanLog, atMs);
    const bySeason = this.bySeason(typical, atMs);
    const verdicts = [byRecent, bySeason].filter((verdict) => verdict !== undefined);
    this.recent.learn(meanLog, varianceLog / timed, byRecent?.state === 'high' ? DOUBTED : 1);
    this.season.learn(typical, atMs);
    this.settle(typical, atMs);
    return verdicts.find(({ state }) => state === 'high') ?? verdicts.find(({ state }) => state === 'between') ?? verdicts[0];
  }

  /** The last few samples together, each with the weight of its requests; the latest one must be away too. */
  private byRecent(latest: number): Verdict | undefined {
    if (this.recent.samples < WARM_UP) return undefined;
    const judged = this.window.slice(-JUDGED);
    const timed = judged.reduce((sum, point) => sum + point.timed, 0);
    const mean = judged.reduce((sum, { value, timed: weight }) => sum + value * weight, 0) / timed;
    const variance = judged.reduce((sum, point) => sum + point.variance * point.timed, 0) / timed / timed;
    return this.verdict(Math.min(mean, latest), this.recent.level, this.recent.spread(variance));
  }

  /** What is high for the last hours may be usual for the time of day: a job that runs each night does not page. */
  private unlessUsual(verdict: Verdict | undefined, value: number, atMs: number): Verdict | undefined {
    if (verdict?.state !== 'high') return verdict;
    const highest = this.season.highest(atMs);
    if (highest === undefined || this.verdict(value, highest, this.season.spread).state === 'high') return verdict;
    return { ...verdict, state: 'between' };
  }

  private bySeason(value: number, atMs: number): Verdict | undefined {
    const expected = this.season.expected(atMs);
    return expected === undefined ? undefined : this.verdict(value, expected, this.season.spread);
  }

  private verdict(value: number, level: number, spread: number): Verdict {
    const { sigma: limit, minChange } = this.init;
    const sigma = (value - level) / spread;
    const isHigh = sigma >= limit && value - level >= Math.log(minChange);
    const isNormal = sigma < limit / 2 || value - level < Math.log(minChange) / 2;
    return { state: isHigh ? 'high' : isNormal ? 'normal' : 'between', observed: Math.exp(value), expected: Math.exp(level), sigma };
  }

  private settle(value: number, atMs: number): void {
    const expected = this.season.expected(atMs);
    const isAway = expected !== undefined && Math.abs(value - expected) >= Math.log(this.init.minChange);
    if (!isAway) this.awaySince = undefined;
    else if (this.awaySince === undefined) this.awaySince = atMs;
    else if (atMs - this.awaySince >= SETTLED_MS) {
      this.season.shift(value - expected);
      this.recent.shift(value - this.recent.level);
      this.awaySince = undefined;
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

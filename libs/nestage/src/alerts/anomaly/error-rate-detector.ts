import { hours } from '../../common/duration.js';
import type { Detector, DetectorInit, Verdict } from './detector.js';
import type { IntervalSample } from './interval-sample.js';

const HALF_LIFE_MS = hours(6);
/** Samples judged together: few, for a sudden burst, and more, for a small one or little traffic. */
const WINDOWS = [5, 10] as const;
const WARM_UP = 30;
const MIN_ERRORS = 5;
/** Before any error was seen, one in a hundred requests counts as usual. */
const PRIOR = { errors: 1, requests: 100 };

/**
 * Judges how many errors there are against how many the usual share makes of as many requests. The root of a Poisson count has a
 * spread of one half whatever its mean (Anscombe), which holds for the few errors of a quiet hour too; where errors come in clusters,
 * the spread that they show takes its place.
 * @internal
 */
export class ErrorRateDetector implements Detector {
  private errors = PRIOR.errors;
  private requests = PRIOR.requests;
  private samples = 0;
  /** Mean square of the scores: above one where errors come in clusters. */
  private dispersion = 1;
  private readonly decay: number;
  private readonly window: IntervalSample[] = [];

  constructor(private readonly init: DetectorInit) {
    this.decay = 2 ** (-init.intervalMs / HALF_LIFE_MS);
  }

  judge(sample: IntervalSample): Verdict | undefined {
    if (sample.requests === 0) return undefined;
    this.window.push(sample);
    if (this.window.length > Math.max(...WINDOWS)) this.window.shift();
    const verdict = this.samples >= WARM_UP ? this.verdict() : undefined;
    this.learn(sample);
    return verdict;
  }

  private get usualShare(): number {
    return this.errors / this.requests;
  }

  private verdict(): Verdict {
    const [short, long] = WINDOWS.map((length) => this.verdictOf(this.window.slice(-length)));
    return long.sigma > short.sigma ? long : short;
  }

  private verdictOf(samples: readonly IntervalSample[]): Verdict {
    const { sigma: limit, minChange } = this.init;
    const errors = total(samples, (sample) => sample.errors);
    const requests = total(samples, (sample) => sample.requests);
    const expected = this.usualShare;
    const observed = errors / requests;
    const sigma = score(errors, requests * expected) / Math.sqrt(this.dispersion);
    const latest = samples[samples.length - 1];
    const isLatestHigh = latest.errors / latest.requests >= expected + minChange;
    const isHigh = isLatestHigh && errors >= MIN_ERRORS && sigma >= limit && observed >= expected + minChange;
    const isNormal = !isLatestHigh && (sigma < limit / 2 || observed < expected + minChange / 2);
    return { state: isHigh ? 'high' : isNormal ? 'normal' : 'between', observed, expected, sigma };
  }

  /** Errors beyond what is believable are left out, so that a burst does not become the usual. */
  private learn({ errors, requests }: IntervalSample): void {
    const mean = requests * this.usualShare;
    const z = score(errors, mean);
    const believed = Math.min(errors, mean + 3 * Math.sqrt(this.dispersion * mean) + 1);
    this.samples += 1;
    this.errors = this.errors * this.decay + believed;
    this.requests = this.requests * this.decay + requests;
    this.dispersion = Math.max(1, this.dispersion + (1 - this.decay) * 6 * (Math.min(z * z, 9 * this.dispersion) - this.dispersion));
  }
}

function score(count: number, mean: number): number {
  return 2 * (Math.sqrt(count + 3 / 8) - Math.sqrt(mean + 3 / 8));
}

function total(samples: readonly IntervalSample[], of: (sample: IntervalSample) => number): number {
  return samples.reduce((sum, sample) => sum + of(sample), 0);
}

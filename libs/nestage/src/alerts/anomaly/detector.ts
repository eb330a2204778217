import type { IntervalSample } from './interval-sample.js';

/** What a detector makes of a sample. @internal */
export interface Verdict {
  /** Whether the sample is out of the ordinary, and whether it is back to it; neither in between. */
  readonly state: 'high' | 'normal' | 'between';
  readonly observed: number;
  readonly expected: number;
  readonly sigma: number;
}

/** Judges one signal of one handler, sample by sample. @internal */
export interface Detector {
  /** @param atMs end of the sample, in milliseconds since 1970 */
  judge(sample: IntervalSample, atMs: number): Verdict | undefined;
}

/** @internal */
export interface DetectorInit {
  /** @see AnomalyRule */
  readonly sigma: number;
  readonly minChange: number;
  readonly intervalMs: number;
}

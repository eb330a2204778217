import type { ErrorCode, ErrorTier } from '../core/errors/error-catalogue.js';

/** Signals that are watched for anomalies. @publicApi */
export const ANOMALY_SIGNALS = ['latency', 'errorRate'] as const;

/** @see ANOMALY_SIGNALS @publicApi */
export type AnomalySignal = (typeof ANOMALY_SIGNALS)[number];

/** How far a signal has left its baseline. @publicApi */
export interface AnomalyFigures {
  readonly signal: AnomalySignal;
  /** Milliseconds for `latency` (a typical request), a share from 0 to 1 for `errorRate`. */
  readonly observed: number;
  /** What the baseline expects, in the same unit. */
  readonly expected: number;
  /** Distance in robust standard deviations of the signal. */
  readonly sigma: number;
}

/** What a sink is given: one alert, or the news that it is over. Holds no more than a log line may show. @publicApi */
export interface Alert {
  /** Unique; the same for each attempt to send it, so that a receiver can drop what it has seen. */
  readonly id: string;
  readonly state: 'firing' | 'recovered';
  /** Whether errors were counted, or a signal left its baseline. */
  readonly kind: 'errors' | 'anomaly';
  readonly service: string;
  /** Name of the rule. */
  readonly rule: string;
  readonly tier: ErrorTier;
  /** The most frequent code among the errors. */
  readonly code: ErrorCode | undefined;
  /** The handler with the most errors, or whose signal it is; `undefined` for errors outside of any handler. */
  readonly handler: string | undefined;
  /** Errors by `code` and handler, the most frequent first; at most 10. */
  readonly breakdown: readonly { readonly code: ErrorCode; readonly handler: string | undefined; readonly count: number }[];
  /** Errors that match the rule within its window; for an anomaly the requests of the last minutes. */
  readonly count: number;
  readonly withinMs: number;
  /** Errors of this rule that were not told since its previous alert, because of its cooldown. */
  readonly folded: number;
  /** ISO times of the first and the last of the counted errors; of an anomaly its beginning and now. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Log ids of the first requests concerned; at most 5. */
  readonly logIds: readonly string[];
  /** The first of the messages: one line, secrets masked, at most 500 characters. */
  readonly message: string;
  readonly anomaly: AnomalyFigures | undefined;
  /** What else has changed at the time of an anomaly, one sentence each: a stage, waiting, a breaker, memory. */
  readonly changes: readonly string[];
}

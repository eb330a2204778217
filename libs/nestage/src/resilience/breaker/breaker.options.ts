import type { Type } from '@nestjs/common';
import { either, fields, integer, number, oneOf, type OptionCheck, typed } from '../../common/option-checks.js';
import { minutes } from '../../common/duration.js';
import { duration } from '../deadline/deadline.options.js';

/** When a breaker opens. @publicApi */
export const BREAKER_MODES = ['consecutive', 'total', 'sampling'] as const;

/** @see BREAKER_MODES @publicApi */
export type BreakerMode = (typeof BREAKER_MODES)[number];

/** When a model counts as failing, and for how long it is left alone. @publicApi */
export interface BreakerOptions {
  /** Errors that open the breaker; of `sampling` the least number of them. @default 10 */
  readonly errorThreshold?: number;
  /** How long it stays open before one request is let through as a probe, in milliseconds. @default 300 000 */
  readonly resetIntervalMs?: number;
  /**
   * 'consecutive': errors in a row. 'total': errors since the last reset, whatever succeeds between; counted anew every
   * `resetIntervalMs`. 'sampling': the share of errors within `windowMs`.
   * @default 'consecutive'
   */
  readonly mode?: BreakerMode;
  /** Of `sampling`: the share of errors that opens it, above 0 and at most 1. @default 0.5 */
  readonly errorRate?: number;
  /** Of `sampling`: how far back requests count, in milliseconds. @default 60 000 */
  readonly windowMs?: number;
}

declare module '../../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Spares a failing model: its requests are answered at once, by the fallback or 503. `true` is 10 errors, 300 s. @default false */
    readonly breaker?: boolean | BreakerOptions;
    /** Another handler of the app: its `run` and `postProcess` get the prepared input in place of this one's. */
    readonly fallbackTo?: Type;
    /** When the fallback answers: while the breaker is open, or also when a run has failed. @default 'open' */
    readonly fallbackOn?: 'open' | 'error';
  }
}

/** @internal */
export type ResolvedBreakerOptions = Required<BreakerOptions>;

/** @internal */
export const BREAKER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  breaker: either(
    typed('boolean'),
    fields({
      errorThreshold: integer(1),
      resetIntervalMs: duration,
      mode: oneOf(...BREAKER_MODES),
      errorRate: number(0.001, 1),
      windowMs: duration,
    }),
  ),
  fallbackTo: typed('function'),
  fallbackOn: oneOf('open', 'error'),
};

/** @returns `undefined` where there is no breaker @internal */
export function resolveBreakerOptions(given: boolean | BreakerOptions | undefined): ResolvedBreakerOptions | undefined {
  if (!given) return undefined;
  const { errorThreshold, resetIntervalMs, mode, errorRate, windowMs } = given === true ? {} : given;
  return {
    errorThreshold: errorThreshold ?? 10,
    resetIntervalMs: resetIntervalMs ?? minutes(5),
    mode: mode ?? 'consecutive',
    errorRate: errorRate ?? 0.5,
    windowMs: windowMs ?? minutes(1),
  };
}

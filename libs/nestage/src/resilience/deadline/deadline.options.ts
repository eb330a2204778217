import { integer, type OptionCheck } from '../../common/option-checks.js';
import { minutes, seconds } from '../../common/duration.js';
import type { StageHandlerOptions } from '../../core/stage/stage-handler.options.js';

declare module '../../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /**
     * Milliseconds from the first byte of a request until it must be answered (a stream: until its first item). Past it the signal fires
     * and the client gets 504. A client may ask for less by the header `x-request-timeout-ms`. @default 60 000
     */
    readonly timeoutMs?: number;
    /** Longest time between two items of a stream that the client waits for. @default 30 000 */
    readonly itemTimeoutMs?: number;
    /** Longest time of a stream from its first item to its last. @default 600 000 */
    readonly streamTimeoutMs?: number;
  }
}

/** How long requests of a handler may take. @publicApi */
export type HandlerDeadlines = Pick<StageHandlerOptions, 'timeoutMs' | 'itemTimeoutMs' | 'streamTimeoutMs'>;

/** @internal */
export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly itemTimeoutMs: number;
  readonly streamTimeoutMs: number;
}

/** Timers can't be set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time that a timer can wait for, in milliseconds. @internal */
export const duration: OptionCheck = integer(1, MAX_TIMER_MS);

/** @internal */
export const DEADLINE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  timeoutMs: duration,
  itemTimeoutMs: duration,
  streamTimeoutMs: duration,
};

/** @internal */
export const resolveDeadlineOptions = ({ timeoutMs, itemTimeoutMs, streamTimeoutMs }: StageHandlerOptions): DeadlineOptions => ({
  timeoutMs: timeoutMs ?? seconds(60),
  itemTimeoutMs: itemTimeoutMs ?? seconds(30),
  streamTimeoutMs: streamTimeoutMs ?? minutes(10),
});

import { fields, integer, type OptionCheck, typed } from '../common/option-checks.js';

/** How inputs are gathered for `runBatch`. @publicApi */
export interface BatchOptions {
  /** Most that goes into one batch: inputs, or what `sizeOf` counts. An input larger than that goes alone. @default 32 */
  readonly maxSize?: number;
  /** Longest that an input waits for others while a place is free, in milliseconds; 0 gathers only what comes while batches run. @default 10 */
  readonly maxWaitMs?: number;
  /** Batches at once. @default 1 */
  readonly maxConcurrent?: number;
  /** Most that may wait, counted as `maxSize` is; what comes then is refused with 503 and Retry-After. @default 2 x maxSize x maxConcurrent */
  readonly queue?: number;
  /** What an input counts for: its tokens, its pixels. 0 counts as 1. @default each counts as 1 */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever this handler's `runBatch` takes, which an option can't know
  readonly sizeOf?: (input: any) => number;
  /** Whether a batch that throws is run again in halves, so that a bad input fails alone. @default true */
  readonly split?: boolean;
}

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Gathers the inputs of several requests and gives them to the handler's `runBatch` at once, in place of `run`. @default off */
    readonly batch?: BatchOptions;
  }
}

/** @internal */
export interface ResolvedBatchOptions extends Required<Omit<BatchOptions, 'sizeOf'>> {
  readonly sizeOf: ((input: unknown) => number) | undefined;
}

/** Timers can't be set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @internal */
export const BATCH_CHECKS: Readonly<Record<string, OptionCheck>> = {
  batch: fields({
    maxSize: integer(1),
    maxWaitMs: integer(0, MAX_TIMER_MS),
    maxConcurrent: integer(1),
    queue: integer(1),
    sizeOf: typed('function'),
    split: typed('boolean'),
  }),
};

/** @internal */
export function resolveBatchOptions({ maxSize, maxWaitMs, maxConcurrent, queue, sizeOf, split }: BatchOptions): ResolvedBatchOptions {
  const size = maxSize ?? 32;
  const concurrent = maxConcurrent ?? 1;
  return {
    maxSize: size,
    maxWaitMs: maxWaitMs ?? 10,
    maxConcurrent: concurrent,
    queue: queue ?? 2 * size * concurrent,
    sizeOf,
    split: split ?? true,
  };
}

import type { StageContext } from '../../core/context/stage-context.js';
import type { StageLogger } from '../../core/log/stage-logger.js';
import type { BatchResult, StageResult } from '../../core/stage/stage-lifecycle.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** What a worker knows of the request it works for; a `StageContext` is one, so that a worker's class can be tested without threads. @publicApi */
export type WorkerContext = Pick<StageContext, 'logId' | 'signal' | 'deadline' | 'path' | 'headers' | 'origin' | 'logger'>;

/** What a worker is given once, before its first task. @publicApi */
export interface WorkerSetup<Data = unknown> {
  /** The option `data`, copied. */
  readonly data: Data;
  /** Writes into the service's log. */
  readonly logger: StageLogger;
  /** Makes metrics that are part of the service's. */
  readonly metrics: WorkerMetrics;
}

/**
 * What the default export of a worker file is: a class that each thread makes one instance of. It has the stages of a model, and nothing
 * of Nest.
 *
 * @typeParam Input what `run` takes: anything that can be cloned
 * @typeParam Result what it gives; of a stream, one item
 * @example
 * ```ts
 * export default class PictureWorker implements WorkerTask<Uint8Array, string> {
 *   private model: Model;
 *   async initialize() { this.model = await load(); }
 *   run(picture: Uint8Array, { signal }: WorkerContext) { return this.model.read(picture, signal); }
 * }
 * ```
 * @publicApi
 */
export interface WorkerTask<Input = unknown, Result = unknown> {
  /** Runs once in each thread before its first task; the service is not ready before. What it throws is a failed start. */
  initialize?(setup: WorkerSetup<never>): void | Promise<void>;
  /**
   * The model. A thread works on one task at a time. `context.signal.aborted` tells the truth also within code that never waits, so such
   * code asks it now and then.
   */
  run(input: Input, context: WorkerContext): StageResult<Result>;
  /** As `runBatch` of a handler: needed where the option `batch` stands beside `worker`. */
  runBatch?(inputs: Input[], contexts: WorkerContext[]): BatchResult<Result>;
  /** Runs once before the thread ends. */
  dispose?(): void | Promise<void>;
}

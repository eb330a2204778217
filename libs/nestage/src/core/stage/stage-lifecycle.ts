import type { HealthCheckResult } from '../health/health-check.js';
import type { StageContext } from '../context/stage-context.js';

/** What is needed once, before requests and after them. @publicApi */
export interface ModelLifecycle {
  /** Runs once, after the server listens and before the first request is served. A rejection is a failed start. */
  initialize?(): void | Promise<void>;
  /** Runs after `initialize`, before readiness: a first inference, so that no client waits for it. */
  warmup?(signal: AbortSignal): void | Promise<void>;
  /** Joins `/health` under the class's name. Nothing means healthy, a rejection unhealthy. */
  checkHealth?(signal: AbortSignal): HealthCheckResult | void | Promise<HealthCheckResult | void>;
  /** Runs once at shutdown, when no request is in flight any more. */
  dispose?(): void | Promise<void>;
}

/** What `run` may give: a value, or items that are sent as they come. @publicApi */
export type StageResult<T> = T | Promise<T> | AsyncIterable<T> | Promise<AsyncIterable<T>>;

/** What `runBatch` gives: as many results as it has inputs. Streams can't be batched. @publicApi */
export type BatchResult<T> = readonly (T | Error)[] | Promise<readonly (T | Error)[]>;

/**
 * The four stages of a handler. Only `run` is required; the others pass the value on when absent. Each may be sync or async.
 * (Written as properties, not methods, so that TypeScript compares their parameters strictly.)
 *
 * @typeParam Request the validated body, `Input` what `run` takes, `Result` what it gives (of a stream: one item),
 * `Response` what the client gets
 * @publicApi
 */
export interface StageLifecycle<Request = unknown, Input = Request, Result = unknown, Response = Result> extends ModelLifecycle {
  /** Cheap work on the request: a refused request must not cost a place among the running ones. */
  readonly preProcess?: (request: Request, context: StageContext) => Input | Promise<Input>;
  /** The model. Stops soon after `context.signal` fires. */
  readonly run: (input: Input, context: StageContext) => StageResult<Result>;
  /**
   * Runs several inputs at once, in place of `run`, where the handler's `batch` option asks for it. Gives one result for each input, in
   * their order; an Error as a result fails that input alone. `contexts` are those of the inputs.
   */
  readonly runBatch?: (inputs: Input[], contexts: StageContext[]) => BatchResult<Result>;
  /** Answers in place of `run` when the breaker is open or, with `fallbackOn: 'error'`, `run` failed. Cheap: it takes no permit. */
  readonly fallback?: (input: Input, error: unknown, context: StageContext) => StageResult<Result>;
  /** Makes the response; of a stream, is called for each item. */
  readonly postProcess?: (result: Result, context: StageContext) => Response | Promise<Response>;
}

import type { StageLogger } from '../log/stage-logger.js';

/** By which door a request came in. @publicApi */
export type RequestOrigin = 'http' | 'job' | 'local' | 'mcp';

/** Status and headers that a stage may set on the reply. @publicApi */
export interface StageResponse {
  /** Status of a successful reply; `undefined` keeps the route's own. */
  status: number | undefined;
  /** Sets a header of the reply; the last value given for a name wins, whatever its case. */
  setHeader(name: string, value: string | number | readonly string[]): void;
}

/**
 * What every stage knows of the request it works for. An abstract class and not an interface, so that it may stand in
 * decorated signatures and be named as a DI token.
 * @publicApi
 */
export abstract class StageContext {
  /** The request's id in every log line and in the `logid` and `x-request-id` headers of the answer. */
  abstract readonly logId: string;

  /** Fires when the work is no longer wanted; `signal.reason` is a `RequestAbortedError` that says why in `abortCause`. */
  abstract readonly signal: AbortSignal;

  /** When the request must be answered, in milliseconds since 1970; `undefined` without a deadline. */
  abstract readonly deadline: number | undefined;

  /** The route's path as given to `@StageHandler`. */
  abstract readonly path: string;

  /** Headers of the request, names in lower case. */
  abstract readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;

  abstract readonly origin: RequestOrigin;

  /** Writes lines that carry this request's log id. */
  abstract readonly logger: StageLogger;

  abstract readonly response: StageResponse;

  /** Free for the stages of one request to hand things on; gone with the request. */
  abstract readonly state: Map<PropertyKey, unknown>;
}

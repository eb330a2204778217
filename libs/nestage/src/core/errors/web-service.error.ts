import type { ErrorCode } from './error-catalogue.js';

/** Shared by all copies of this package in a process, so that guards hold across them. */
const BRAND = Symbol.for('nestage.WebServiceError');

/** @publicApi */
export interface WebServiceErrorOptions {
  /** Stable code of the catalogue. */
  readonly code?: ErrorCode;
  /** Status of the answer in place of the catalogue's; a 4xx stays a 4xx, a 5xx a 5xx. */
  readonly status?: number;
  /** Seconds after which a client may try again. */
  readonly retryAfterSeconds?: number;
  /** What led to it; logged whole, never sent. */
  readonly cause?: unknown;
}

/**
 * Root of every error that is thrown on purpose. Its message is for the log; what a client is told depends on the tier of its code.
 * @publicApi
 */
export class WebServiceError extends Error {
  override readonly name: string = 'WebServiceError';
  readonly code: ErrorCode;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'internal_error';
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }
}

/** Whether a thrown thing is one of ours, also when it comes from another copy of the package. Never throws. @publicApi */
export function isWebServiceError(thrown: unknown): thrown is WebServiceError {
  try {
    return typeof thrown === 'object' && thrown !== null && (thrown as Record<symbol, unknown>)[BRAND] === true;
  } catch {
    return false; // a getter or a proxy that throws is not ours
  }
}

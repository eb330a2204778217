import { WebServiceError } from '../errors/web-service.error.js';

/** Why a request's signal fired. @publicApi */
export type AbortCause = 'client_closed' | 'deadline' | 'shutdown' | 'cancelled';

const CODES = {
  client_closed: 'client_closed',
  deadline: 'deadline_exceeded',
  shutdown: 'shutting_down',
  cancelled: 'cancelled',
} as const;

const MESSAGES: Record<AbortCause, string> = {
  client_closed: 'The client closed the connection',
  deadline: 'The deadline of the request has passed',
  shutdown: 'The service is shutting down',
  cancelled: 'The request was cancelled',
};

/**
 * The reason of every request signal. A stage may throw `signal.reason` as it is: it is classified by its cause
 * (504 past the deadline, 503 at shutdown; a client that has gone gets no answer).
 * @publicApi
 */
export class RequestAbortedError extends WebServiceError {
  override readonly name = 'RequestAbortedError';

  constructor(readonly abortCause: AbortCause) {
    super(MESSAGES[abortCause], { code: CODES[abortCause] });
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isInstance } from '../../common/type-guards.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { classifyError } from '../../core/errors/classify-error.js';
import { ErrorReporter, type ErrorPlace } from '../../core/errors/error-reporter.js';
import { sanitizeError, type SanitizedError } from '../../core/errors/sanitize-error.js';
import { ValidationError } from '../../core/errors/service-errors.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { jsonProtocol } from '../../core/protocol/json.protocol.js';
import type { RouteProtocol } from '../../core/protocol/route-protocol.js';
import { ResponseContractError } from '../../core/validation/response-contract.error.js';
import { seeToClosingLine } from '../context/open-request.js';
import { type AdapterResponse, rawResponse } from '../request-of.js';

/**
 * The one way out for errors: told whole to the log and whoever observes, once, and answered sanitised in the route's protocol.
 * @internal
 */
@Injectable()
export class ErrorResponder {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly reporter: ErrorReporter,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
  ) {}

  /** Reports an error and makes of it what may be shown. A client that has left is no failure: the closing line tells of it. */
  sanitize(thrown: unknown, context: RequestContext): SanitizedError {
    const failure = classifyError(thrown);
    if (failure.code !== 'client_closed') {
      this.reporter.report(thrown, placeOf(thrown), context);
      context.failure = failure;
    }
    return sanitizeError(thrown, this.options.locale);
  }

  /** Reports an error and answers it. A reply that has begun can only be cut off. */
  answer(thrown: unknown, response: AdapterResponse, context: RequestContext, protocol: RouteProtocol = jsonProtocol): void {
    const adapter = this.host.httpAdapter;
    const raw = rawResponse(response);
    const error = this.sanitize(thrown, context);
    seeToClosingLine(raw);
    if (adapter.isHeadersSent(response)) return void raw.destroy();
    const { headers, body } = errorReply(error, context.logId, protocol);
    for (const name of SUCCESS_HEADERS) removeHeader(response, name);
    for (const [name, value] of Object.entries(headers)) {
      if (name !== 'retry-after' || !adapter.getHeader(response, name)) adapter.setHeader(response, name, value);
    }
    adapter.reply(response, body, error.status);
  }
}

/** What answers an error on a protocol, wherever it is written. @internal */
export function errorReply(error: SanitizedError, logId: string, protocol: RouteProtocol): ErrorReply {
  const { retryAfterSeconds } = error;
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...protocol.errorHeaders?.(error),
    ...error.headers,
    'content-type': 'application/json; charset=utf-8',
  };
  return { headers, body: protocol.encodeError(error, logId) };
}

interface ErrorReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Headers that a route or stage set for its success and that would be wrong on an error. */
const SUCCESS_HEADERS = ['content-length', 'content-disposition', 'content-encoding', 'etag', 'last-modified'];

function removeHeader(response: AdapterResponse, name: string): void {
  rawResponse(response).removeHeader(name);
  if ('raw' in response) (response as unknown as { removeHeader(name: string): void }).removeHeader(name);
}

function placeOf(thrown: unknown): ErrorPlace {
  if (isInstance(thrown, ValidationError)) return 'request';
  return isInstance(thrown, ResponseContractError) ? 'response' : 'stage';
}

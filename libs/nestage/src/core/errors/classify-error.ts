import { HttpException } from '@nestjs/common';
import { ERROR_CATALOGUE, type ErrorCatalogueEntry, type ErrorCode, type ErrorTier } from './error-catalogue.js';
import { isWebServiceError } from './web-service.error.js';

/** What a thrown thing means to the service. @publicApi */
export interface ClassifiedError {
  readonly code: ErrorCode;
  readonly tier: ErrorTier;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
}

const DEFAULT_RETRY_AFTER_SECONDS = 1;
const MAX_RETRY_AFTER_SECONDS = 60;

const CODE_OF_STATUS: Readonly<Partial<Record<number, ErrorCode>>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'overloaded',
  504: 'deadline_exceeded',
};

/**
 * The one judgement on a thrown thing: ours by their code, Nest's HttpExceptions by their status, anything else is unknown.
 * Never throws, whatever it is given.
 * @publicApi
 */
export function classifyError(thrown: unknown): ClassifiedError {
  try {
    if (isWebServiceError(thrown)) return ofOurs(thrown.code, thrown.status, thrown.retryAfterSeconds);
    if (isHttpException(thrown)) return ofHttpException(thrown);
  } catch {
    // an error whose fields throw when read is as unknown as any other
  }
  return classified('internal_error', ERROR_CATALOGUE.internal_error, 500, undefined);
}

function ofOurs(code: ErrorCode, status: number | undefined, retryAfterSeconds: number | undefined): ClassifiedError {
  const entry: ErrorCatalogueEntry | undefined = ERROR_CATALOGUE[code];
  if (!entry) return classified('internal_error', ERROR_CATALOGUE.internal_error, 500, undefined);
  return classified(code, entry, isSameClass(status, entry.status) ? status : entry.status, retryAfterSeconds);
}

function ofHttpException(exception: HttpException): ClassifiedError {
  const status = exception.getStatus();
  const code = CODE_OF_STATUS[status] ?? (status >= 400 && status < 500 ? 'client_error' : 'system_error');
  return classified(code, ERROR_CATALOGUE[code], isSameClass(status, ERROR_CATALOGUE[code].status) ? status : 500, undefined);
}

function classified(code: ErrorCode, entry: ErrorCatalogueEntry, status: number, retryAfter: number | undefined): ClassifiedError {
  const { tier, retryable } = entry;
  return { code, tier, status, retryable, retryAfterSeconds: retryable ? boundedRetryAfter(retryAfter) : undefined };
}

/** Clients obey Retry-After without a bound of their own, so it is an integer from 1 to 60 whatever was asked for. */
function boundedRetryAfter(seconds: number | undefined): number {
  const wanted = Number.isFinite(seconds) ? Math.ceil(seconds as number) : DEFAULT_RETRY_AFTER_SECONDS;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, wanted));
}

function isSameClass(status: number | undefined, as: number): status is number {
  return Number.isInteger(status) && Math.floor((status as number) / 100) === Math.floor(as / 100);
}

function isHttpException(thrown: unknown): thrown is HttpException {
  return thrown instanceof HttpException;
}

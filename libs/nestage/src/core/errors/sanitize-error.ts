import type { HttpException } from '@nestjs/common';
import { isInstance } from '../../common/type-guards.js';
import { classifyError } from './classify-error.js';
import { ERROR_CATALOGUE, type ErrorCatalogueEntry, type ErrorCode, type ErrorTier } from './error-catalogue.js';
import { ERROR_TEXTS, type Locale } from './error-texts.js';
import { scrubText } from './scrub-text.js';
import { type FieldError, RequestError, ValidationError } from './service-errors.js';
import { isWebServiceError } from './web-service.error.js';

/** All that may leave the process about an error. @publicApi */
export interface SanitizedError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly tier: ErrorTier;
  /** Safe to show: the scrubbed message of L1 and L2, a generic text for L3 and L4. */
  readonly message: string;
  /** Bad fields of a refused request; empty otherwise. */
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  /** Further headers the answer needs, such as Allow. */
  readonly headers: Readonly<Record<string, string>>;
}

const CLIENT_TEXT = 'The request was refused';

/**
 * The only function whose result reaches a client. Tiers L1 and L2 keep their message, scrubbed of anything internal; L3 and L4 get
 * a generic text. Never throws.
 * @publicApi
 */
export function sanitizeError(thrown: unknown, locale: Locale): SanitizedError {
  const { status, code, tier, retryAfterSeconds } = classifyError(thrown);
  const { text }: ErrorCatalogueEntry = ERROR_CATALOGUE[code];
  const isShown = tier === 'L1' || tier === 'L2';
  return {
    status,
    code,
    tier,
    retryAfterSeconds,
    message: isShown ? shownMessage(thrown) : ERROR_TEXTS[locale][text ?? 'unknown'],
    fields: isShown ? shownFields(thrown) : [],
    headers: isInstance(thrown, RequestError) ? thrown.headers : {},
  };
}

function shownMessage(thrown: unknown): string {
  try {
    const message = isWebServiceError(thrown) ? thrown.message : httpMessage(thrown as HttpException);
    return scrubText(message) || CLIENT_TEXT;
  } catch {
    return CLIENT_TEXT; // an error whose message throws when read
  }
}

function shownFields(thrown: unknown): readonly FieldError[] {
  if (!isInstance(thrown, ValidationError)) return [];
  try {
    return thrown.fields.map(({ field, messages }) => ({ field: scrubText(field), messages: messages.map(scrubText) }));
  } catch {
    return []; // fields that throw when read, or are none
  }
}

/** The text of an HttpException, whose body may be a string or an object with one message or several. */
function httpMessage(exception: HttpException): string {
  const body = exception.getResponse();
  const message: unknown = typeof body === 'string' ? body : (body as { message?: unknown }).message;
  if (Array.isArray(message)) return message.filter((part) => typeof part === 'string').join('; ');
  return typeof message === 'string' ? message : exception.message;
}

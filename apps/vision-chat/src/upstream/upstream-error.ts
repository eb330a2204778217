import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { isWebServiceError, ModelError, ValidationError } from 'nestage';

/** An answer of the upstream server that is not what its protocol says. */
export class UpstreamJunkError extends Error {
  override readonly name = 'UpstreamJunkError';
}

/**
 * What a failed call of the upstream server means to this service: 504 for a timeout, 503 with the wait it asked for when it is busy, 400 for
 * a chat that is too long for the model, which no further try and no other client is to pay for, else 502. What the server said is the cause: for the log, never for a client.
 * @param call its signal, whose reason is handed on as it is, and whether its time was over
 */
export function toModelError(
  error: unknown,
  { signal, isTooLate }: { readonly signal: AbortSignal; readonly isTooLate?: boolean },
): unknown {
  if (signal.aborted) return signal.reason as unknown;
  if (isTooLate) return failed('did not answer in time', error, { code: 'model_timeout' });
  if (isWebServiceError(error)) return error;
  if (error instanceof APIConnectionTimeoutError) return failed('did not answer in time', error, { code: 'model_timeout' });
  if (error instanceof APIConnectionError) return failed('can not be reached', error);
  if (error instanceof APIError) return ofAnswer(error as APIError);
  if (error instanceof UpstreamJunkError || (error as Partial<Error> | null)?.name === 'SyntaxError')
    return failed('answered what is no completion', error);
  return failed('broke off its answer', error);
}

function ofAnswer(error: APIError): ModelError | ValidationError {
  const { status, headers } = error;
  if (status === 400 && isTooLong(error)) {
    return new ValidationError(TOO_LONG, {
      code: 'context_length_exceeded',
      fields: [{ field: 'messages', messages: [TOO_LONG] }],
      cause: error,
    });
  }
  if (status === undefined) return failed('failed in the middle of its answer', error);
  if (status !== 429) return failed(`answered ${status}`, error);
  return failed('is busy', error, { code: 'model_overloaded', retryAfterSeconds: waitOf(headers) });
}

const TOO_LONG = 'The chat is longer than the model can take: shorten the messages, or ask for fewer tokens';

/** OpenAI has a code for it, llama.cpp a type; vLLM and SGLang say it in words. */
const isTooLong = ({ code, type, message }: APIError): boolean => /context[ _](?:length|size|window)/i.test(`${code} ${type} ${message}`);

/** Retry-After in seconds, from either of its forms; `undefined` for anything else. */
function waitOf(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

function failed(how: string, cause: unknown, options: ConstructorParameters<typeof ModelError>[1] = {}): ModelError {
  const said = cause instanceof Error ? `: ${cause.message.replace(/^\d{3} /, '')}` : ''; // the client puts the status first
  return new ModelError(`The upstream model ${how}${said}`, { ...options, cause });
}

import { isWebServiceError } from '../core/errors/web-service.error.js';

/** What an upstream said, as far as its client library tells. @internal */
export interface UpstreamAnswer {
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

const MAX_DEPTH = 5;

/**
 * Looks through an error and what caused it for the status of an upstream's answer and the wait it asked for. Our own errors' `status`
 * is that of the answer to our client, and so is not looked at. Never throws.
 * @internal
 */
export function upstreamAnswerOf(thrown: unknown): UpstreamAnswer {
  let status: number | undefined;
  let retryAfterSeconds: number | undefined;
  try {
    let each = thrown;
    for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object' && each !== null; depth++) {
      if (isWebServiceError(each)) retryAfterSeconds ??= each.retryAfterSeconds;
      else {
        const found = each as {
          status?: unknown;
          statusCode?: unknown;
          headers?: unknown;
          response?: { status?: unknown; headers?: unknown };
        };
        status ??= [found.status, found.statusCode, found.response?.status].find(isStatus);
        retryAfterSeconds ??= secondsIn(found.headers) ?? secondsIn(found.response?.headers);
      }
      each = (each as { cause?: unknown }).cause;
    }
  } catch {
    // a getter that throws tells nothing more
  }
  return { status, retryAfterSeconds };
}

const isStatus = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 400 && (value as number) < 600;

/** Retry-After in seconds; its other form, a date, is left alone. */
function secondsIn(headers: unknown): number | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const bag = headers as { get?: unknown } & Record<string, unknown>;
  const value = typeof bag.get === 'function' ? (bag.get as (name: string) => unknown)('retry-after') : bag['retry-after'];
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

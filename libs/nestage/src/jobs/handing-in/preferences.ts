import type { StageContext } from '../../core/context/stage-context.js';
import { ValidationError } from '../../core/errors/service-errors.js';
import { MAX_PRIORITY, type ResolvedJobHandlerOptions } from '../job-handler.options.js';

type Headers = StageContext['headers'];

/** How a client wants to be answered. @internal */
export interface JobPreferences {
  /** How long it waits for the answer before it is sent away with the job's address; 0 for not at all. */
  readonly waitMs: number;
  /** What of its preferences is kept to, as `Preference-Applied` tells it. */
  readonly applied: string;
}

/** Names of the headers by which a client says more of a job. @internal */
export const JOB_HEADERS = {
  priority: 'x-job-priority',
  delay: 'x-job-delay-ms',
  webhook: 'x-job-webhook',
  idempotencyKey: 'idempotency-key',
} as const;

/**
 * Reads `Prefer: respond-async, wait=10`: with either of the two the request is a job. A preference that makes no sense is ignored.
 * @returns `undefined` for a request that is to be answered as ever
 * @see https://www.rfc-editor.org/rfc/rfc7240
 * @internal
 */
export function readPreferences({ prefer }: Headers, maxWaitMs: number): JobPreferences | undefined {
  if (prefer === undefined) return undefined;
  const preferences = [prefer].flat().join(',').split(',');
  const tokens = preferences.map((preference) => preference.split(';', 1)[0].trim().toLowerCase());
  const isAsync = tokens.includes('respond-async');
  const [, seconds] = tokens.map((token) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(token)).find((match) => match !== null) ?? [];
  if (!isAsync && seconds === undefined) return undefined;
  const waitSeconds = Math.min(Number(seconds ?? 0), Math.floor(maxWaitMs / 1000));
  const applied = [...(isAsync ? ['respond-async'] : []), ...(seconds === undefined ? [] : [`wait=${waitSeconds}`])].join(', ');
  return { waitMs: waitSeconds * 1000, applied };
}

/** @throws ValidationError for a priority that the route does not allow @internal */
export function askedPriority(headers: Headers, { priority, maxPriority }: ResolvedJobHandlerOptions): number {
  return readInteger(headers, JOB_HEADERS.priority, Math.min(maxPriority, MAX_PRIORITY)) ?? priority;
}

/** @throws ValidationError for a delay that the route does not allow @internal */
export function askedDelayMs(headers: Headers, { maxDelayMs }: ResolvedJobHandlerOptions): number {
  return readInteger(headers, JOB_HEADERS.delay, maxDelayMs) ?? 0;
}

/** @throws ValidationError for one that is empty, too long, or holds anything but visible ASCII @internal */
export function idempotencyKeyOf(headers: Headers): string | undefined {
  const key = headers[JOB_HEADERS.idempotencyKey];
  if (key === undefined || (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key))) return key;
  throw refusedHeader(JOB_HEADERS.idempotencyKey, 'must be 1 to 255 visible ASCII characters');
}

function readInteger(headers: Headers, name: string, max: number): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw refusedHeader(name, `must be an integer from 0 to ${max}`);
}

/** @internal */
export function refusedHeader(name: string, what: string): ValidationError {
  return new ValidationError(`The header ${name} ${what}`, { fields: [{ field: name, messages: [what] }] });
}

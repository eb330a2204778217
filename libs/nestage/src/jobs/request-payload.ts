import type { Caller } from '../core/context/caller.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { NewJob } from '../core/jobs/job.js';
import type { RequestParameters } from '../core/validation/assemble-request.js';
import type { KeptBytes } from './payloads/payload-bytes.js';

/** A request as its job carries it, to be served anywhere later. @internal */
export interface RequestPayload {
  readonly method: string;
  /** Path of the route as declared. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  readonly headers: StageContext['headers'];
  readonly parameters: RequestParameters;
  /** As it came over the wire. */
  readonly body?: KeptBytes;
  readonly caller?: Caller;
  /** What another request with the same Idempotency-Key must be equal to. */
  readonly fingerprint?: string;
  /** Where its end is told. */
  readonly webhook?: string;
}

/** @internal */
export const payloadOf = ({ payload }: NewJob): RequestPayload => payload as RequestPayload;

/** Credentials, which must not lie about in a queue, and what belongs to one connection. */
const NOT_CARRIED: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'cookie',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'expect',
  'upgrade',
  'te',
  'prefer',
  'idempotency-key',
]);

/** Headers of a request that its job carries; those of the trace take the place of the client's. @internal */
export function carriedHeaders(headers: StageContext['headers'], trace: Readonly<Record<string, string>>): StageContext['headers'] {
  return { ...Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_CARRIED.has(name))), ...trace };
}

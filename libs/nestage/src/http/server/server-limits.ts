import type { Server } from 'node:http';
import { seconds } from '../../common/duration.js';
import { fields, integer, type OptionCheck } from '../../common/option-checks.js';

/** What a connection may take before its request is known. @publicApi */
export interface ServerLimits {
  /** Longest time from the first byte of a request until its headers are there, in milliseconds. @default 20 000 */
  readonly headersTimeoutMs?: number;
  /** Longest time until all of a request is there, its body included, in milliseconds. @default 300 000 */
  readonly requestTimeoutMs?: number;
  /** How long a connection without a request stays open, in milliseconds. @default 65 000, more than the 60 s of common proxies */
  readonly keepAliveTimeoutMs?: number;
  /** Most headers of a request; what goes beyond is not seen. Their bytes are bounded by node's `--max-http-header-size`, 16 kB. @default 100 */
  readonly maxHeaders?: number;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const duration = integer(1, MAX_TIMER_MS);

/** @internal */
export const SERVER_LIMITS_CHECK: OptionCheck = fields({
  headersTimeoutMs: duration,
  requestTimeoutMs: duration,
  keepAliveTimeoutMs: duration,
  maxHeaders: integer(1, 2000),
});

/** @internal */
export const resolveServerLimits = (given: ServerLimits = {}): Required<ServerLimits> => ({
  headersTimeoutMs: given.headersTimeoutMs ?? seconds(20),
  requestTimeoutMs: given.requestTimeoutMs ?? seconds(300),
  keepAliveTimeoutMs: given.keepAliveTimeoutMs ?? seconds(65),
  maxHeaders: given.maxHeaders ?? 100,
});

/** Node looks for connections that are too slow every 30 seconds, so that they may last that much longer. @internal */
export function applyServerLimits(server: Server, limits: Required<ServerLimits>): void {
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveTimeoutMs;
  server.maxHeadersCount = limits.maxHeaders;
}

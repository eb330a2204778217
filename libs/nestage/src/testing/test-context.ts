import { systemClock } from '../common/clock.js';
import { RequestContext } from '../core/context/request-context.js';
import type { RequestOrigin, StageContext } from '../core/context/stage-context.js';
import { MemoryLogWriter } from './memory-log-writer.js';

/** @publicApi */
export interface TestContextOptions {
  /** @default 'test' */
  readonly logId?: string;
  /** @default 'local' */
  readonly origin?: RequestOrigin;
  /** Names in lower case. @default none */
  readonly headers?: StageContext['headers'];
  /** Takes the lines that the stages write. @default a new one */
  readonly log?: MemoryLogWriter;
  /** When the answer is due, in milliseconds since 1970. @default none */
  readonly deadline?: number;
  /** Aborts the request when it fires, as if the client had gone. */
  readonly signal?: AbortSignal;
}

/** The context of a request that came by no door. To be disposed at the end. @internal */
export function testContext({
  logId = 'test',
  origin = 'local',
  headers = {},
  log,
  deadline,
  signal,
}: TestContextOptions = {}): RequestContext {
  const writer = log ?? new MemoryLogWriter();
  const context = new RequestContext({ logId, origin, headers, writer, startedAt: systemClock.elapsed() });
  context.deadline = deadline;
  const abort = (): void => context.abort('client_closed');
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  context.onDispose(() => signal?.removeEventListener('abort', abort));
  return context;
}

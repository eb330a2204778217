import type { AbortCause } from '../../core/context/request-aborted.error.js';
import type { FinishedRequest } from '../../core/context/request-events.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import type { RequestOrigin } from '../../core/context/stage-context.js';
import type { ErrorCode, ErrorTier } from '../../core/errors/error-catalogue.js';
import type { RequestRecord } from './request-records.js';

/**
 * One request as it is kept, without its context. A later one is written over it: objects that live for a thousand requests and then
 * die would cost the garbage collector more than all else that a record takes.
 * @internal
 */
export class KeptRequest {
  logId = '';
  origin: RequestOrigin = 'local';
  method = '';
  path: string | undefined = undefined;
  handler: string | undefined = undefined;
  durationMs = 0;
  status = 0;
  tier: ErrorTier | undefined = undefined;
  code: ErrorCode | undefined = undefined;
  abortedBy: AbortCause | undefined = undefined;
  bytesIn = 0;
  bytesOut = 0;
  maxEventLoopDelayMs = 0;
  /** Milliseconds since 1970. */
  startedAt = 0;
  /** Of a request that may still be marked: a stage that outlasts it notes its time, too. */
  private live: RequestMarks | undefined = undefined;
  private readonly settled: RequestMarks = { stagesMs: {}, waitedMs: {}, retries: 0, isDegraded: false };

  take(
    request: FinishedRequest,
    { startedAt, maxEventLoopDelayMs }: { readonly startedAt: number; readonly maxEventLoopDelayMs: number },
  ): void {
    const { context, failure, abortedBy } = request;
    this.logId = context.logId;
    this.origin = context.origin;
    this.method = request.method;
    this.path = context.path || undefined;
    this.handler = context.handlerName || undefined;
    this.durationMs = request.durationMs;
    this.status = request.status;
    this.tier = failure?.tier;
    this.code = failure?.code;
    this.abortedBy = abortedBy;
    this.bytesIn = request.bytesIn;
    this.bytesOut = request.bytesOut;
    this.maxEventLoopDelayMs = maxEventLoopDelayMs;
    this.startedAt = startedAt;
    const marks = marksOf(context);
    const isSettled = abortedBy === undefined && marks.stagesMs.postProcess !== undefined;
    this.live = isSettled ? undefined : marks;
    if (isSettled) copyMarks(marks, this.settled);
  }

  /** A copy, rounded to microseconds. */
  record(): RequestRecord {
    const { startedAt, live, settled, ...facts }: KeptRequest = this;
    const { stagesMs, waitedMs, firstItemMs, workerActiveMs, ...marks } = live ?? settled;
    return {
      ...facts,
      startedAt: new Date(startedAt).toISOString(),
      ...defined(marks),
      durationMs: rounded(facts.durationMs),
      maxEventLoopDelayMs: rounded(facts.maxEventLoopDelayMs),
      stagesMs: roundedAll(stagesMs),
      waitedMs: roundedAll(waitedMs),
      ...(firstItemMs === undefined ? {} : { firstItemMs: rounded(firstItemMs) }),
      ...(workerActiveMs === undefined ? {} : { workerActiveMs: rounded(workerActiveMs) }),
    };
  }
}

/** Field by field, so that numbers are written over numbers. */
function copyMarks(from: RequestMarks, to: RequestMarks): void {
  to.stagesMs.preProcess = from.stagesMs.preProcess;
  to.stagesMs.run = from.stagesMs.run;
  to.stagesMs.postProcess = from.stagesMs.postProcess;
  to.waitedMs.admission = from.waitedMs.admission;
  to.waitedMs.batch = from.waitedMs.batch;
  to.waitedMs.queue = from.waitedMs.queue;
  to.retries = from.retries;
  to.isDegraded = from.isDegraded;
  to.firstItemMs = from.firstItemMs;
  to.items = from.items;
  to.cache = from.cache;
  to.runLogId = from.runLogId;
  to.workerActiveMs = from.workerActiveMs;
  to.traceId = from.traceId;
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;

const roundedAll = <T extends Partial<Record<string, number>>>(durations: T): T =>
  Object.fromEntries(Object.entries(defined(durations)).map(([name, value]) => [name, rounded(value ?? 0)])) as T;

/** Without the keys that have no value. */
const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

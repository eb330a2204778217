import { TextColumn } from '../../common/text-column.js';
import { withoutAbsent } from '../../common/without-absent.js';
import type { FinishedRequest } from '../../core/context/request-events.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import type { RequestRecord } from './request-records.js';

/** Both in milliseconds. @internal */
export interface RequestMoment {
  /** Since 1970. */
  readonly startedAt: number;
  readonly maxEventLoopDelayMs: number;
}

/** Where in its row a number stands. */
const AT = {
  startedAt: 0,
  durationMs: 1,
  maxEventLoopDelayMs: 2,
  status: 3,
  bytesIn: 4,
  bytesOut: 5,
  retries: 6,
  items: 7,
  preProcess: 8,
  run: 9,
  postProcess: 10,
  admission: 11,
  batch: 12,
  queue: 13,
  firstItemMs: 14,
  workerActiveMs: 15,
} as const;
const ROW = Object.keys(AT).length;
/** Stands where there is no number. */
const NONE = Number.NaN;

/** What a row tells in words: the same objects for all requests of a route, most of them. */
class Words {
  origin: RequestRecord['origin'] = 'local';
  method = '';
  path: RequestRecord['path'] = undefined;
  handler: RequestRecord['handler'] = undefined;
  tier: RequestRecord['tier'] = undefined;
  code: RequestRecord['code'] = undefined;
  abortedBy: RequestRecord['abortedBy'] = undefined;
  isDegraded = false;
  cache: RequestMarks['cache'] = undefined;
  runLogId: RequestMarks['runLogId'] = undefined;
  traceId: RequestMarks['traceId'] = undefined;
  /** Of a request that may still be marked: a stage that outlasts it notes its time, too. */
  live: RequestMarks | undefined = undefined;
}

/**
 * Requests that are over, without their contexts, a row each. Rows are written over in place and lie one behind another: a thousand objects that each
 * live for a thousand requests would cost every request more, in the garbage collector and in waiting for memory, than all else that a record takes.
 * @internal
 */
export class RequestTable {
  private readonly logIds: TextColumn;
  private readonly numbers: Float64Array;
  private readonly words: Words[] = [];

  constructor(rows: number) {
    this.logIds = new TextColumn(rows);
    this.numbers = new Float64Array(rows * ROW);
  }

  /** How many rows have been written. */
  get length(): number {
    return this.words.length;
  }

  /** @param row at most `length` */
  write(row: number, request: FinishedRequest, moment: RequestMoment): void {
    const marks = marksOf(request.context);
    this.logIds.set(row, request.context.logId);
    this.writeNumbers(row * ROW, request, moment);
    this.writeMarks(row * ROW, marks);
    writeWords((this.words[row] ??= new Words()), request, marks);
  }

  logId(row: number): string {
    return this.logIds.get(row);
  }

  hasLogId(row: number, logId: string): boolean {
    return this.logIds.equals(row, logId);
  }

  /** A copy, rounded to microseconds. */
  record(row: number): RequestRecord {
    const { live, isDegraded, cache, runLogId, traceId, ...words } = this.words[row] ?? new Words();
    const stagesMs = live?.stagesMs ?? this.known(row, 'preProcess', 'run', 'postProcess');
    const waitedMs = live?.waitedMs ?? this.known(row, 'admission', 'batch', 'queue');
    const { firstItemMs, workerActiveMs, ...marks } = live ?? {
      retries: this.number(row, 'retries'),
      isDegraded,
      cache,
      runLogId,
      traceId,
      ...this.known(row, 'firstItemMs', 'workerActiveMs', 'items'),
    };
    return {
      logId: this.logId(row),
      ...words,
      startedAt: new Date(this.number(row, 'startedAt')).toISOString(),
      durationMs: rounded(this.number(row, 'durationMs')),
      status: this.number(row, 'status'),
      bytesIn: this.number(row, 'bytesIn'),
      bytesOut: this.number(row, 'bytesOut'),
      maxEventLoopDelayMs: rounded(this.number(row, 'maxEventLoopDelayMs')),
      ...withoutAbsent(marks),
      stagesMs: roundedAll(stagesMs),
      waitedMs: roundedAll(waitedMs),
      ...roundedAll({ firstItemMs, workerActiveMs }),
    };
  }

  private writeNumbers(start: number, request: FinishedRequest, moment: RequestMoment): void {
    const { numbers } = this;
    numbers[start + AT.startedAt] = moment.startedAt;
    numbers[start + AT.maxEventLoopDelayMs] = moment.maxEventLoopDelayMs;
    numbers[start + AT.durationMs] = request.durationMs;
    numbers[start + AT.status] = request.status;
    numbers[start + AT.bytesIn] = request.bytesIn;
    numbers[start + AT.bytesOut] = request.bytesOut;
  }

  private writeMarks(start: number, marks: RequestMarks): void {
    const { numbers } = this;
    const { stagesMs, waitedMs } = marks;
    numbers[start + AT.preProcess] = stagesMs.preProcess ?? NONE;
    numbers[start + AT.run] = stagesMs.run ?? NONE;
    numbers[start + AT.postProcess] = stagesMs.postProcess ?? NONE;
    numbers[start + AT.admission] = waitedMs.admission ?? NONE;
    numbers[start + AT.batch] = waitedMs.batch ?? NONE;
    numbers[start + AT.queue] = waitedMs.queue ?? NONE;
    numbers[start + AT.retries] = marks.retries;
    numbers[start + AT.items] = marks.items ?? NONE;
    numbers[start + AT.firstItemMs] = marks.firstItemMs ?? NONE;
    numbers[start + AT.workerActiveMs] = marks.workerActiveMs ?? NONE;
  }

  private number(row: number, name: keyof typeof AT): number {
    return this.numbers[row * ROW + AT[name]] ?? NONE;
  }

  /** Those of these numbers that there are. */
  private known<Name extends keyof typeof AT>(row: number, ...names: Name[]): Partial<Record<Name, number>> {
    const all = names.map((name) => [name, this.number(row, name)] as const);
    return Object.fromEntries(all.filter(([, value]) => !Number.isNaN(value))) as Partial<Record<Name, number>>;
  }
}

function writeWords(words: Words, { context, method, failure, abortedBy }: FinishedRequest, marks: RequestMarks): void {
  words.origin = context.origin;
  words.method = method;
  words.path = context.path || undefined;
  words.handler = context.handlerName || undefined;
  words.tier = failure?.tier;
  words.code = failure?.code;
  words.abortedBy = abortedBy;
  words.isDegraded = marks.isDegraded;
  words.cache = marks.cache;
  words.runLogId = marks.runLogId;
  words.traceId = marks.traceId;
  const isSettled = abortedBy === undefined && marks.stagesMs.postProcess !== undefined;
  words.live = isSettled ? undefined : marks;
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;

const roundedAll = <T extends Partial<Record<string, number | undefined>>>(durations: T): T =>
  Object.fromEntries(Object.entries(withoutAbsent(durations)).map(([name, value]) => [name, rounded(value ?? 0)])) as T;

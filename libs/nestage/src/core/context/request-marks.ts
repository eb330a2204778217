import type { CacheOutcome } from '../pipeline/cache-events.js';
import type { StageName } from '../pipeline/stage-middleware.js';
import type { StageContext } from './stage-context.js';

/** What a request waited for: a permit, a full batch, a free job worker. @publicApi */
export type WaitingPlace = 'admission' | 'batch' | 'queue';

/**
 * What rooms note down of one request while it runs, each its own part: read by request records and `Server-Timing`.
 * Durations are wall time in milliseconds.
 * @publicApi
 */
export interface RequestMarks {
  /** How long each stage took, whatever it waited for included; a stream's `run` lasts until its last item. */
  readonly stagesMs: Partial<Record<StageName, number>>;
  readonly waitedMs: Partial<Record<WaitingPlace, number>>;
  /** Attempts beyond the first. */
  retries: number;
  /** Whether something other than `run` answered. */
  isDegraded: boolean;
  /** From the opening of the request to the first item of its stream. */
  firstItemMs?: number;
  /** Items that the stream gave. */
  items?: number;
  /** How it came to its result, on a route with `cache` or `coalesce`. */
  cache?: CacheOutcome;
  /** Log id of the request whose `run` answered this one, where that is another. */
  runLogId?: string;
  /** Time that a worker thread spent on this request, where it worked on nothing else. */
  workerActiveMs?: number;
  /** Id of the trace that the request belongs to. */
  traceId?: string;
}

/** Every request is marked many times: a field of its context costs less than a look-up in `state`. */
type Marked = StageContext & { marks?: RequestMarks | undefined };

/** The marks of a request, made when first asked for. @publicApi */
export function marksOf(context: StageContext): RequestMarks {
  const marked: Marked = context;
  return (marked.marks ??= { stagesMs: {}, waitedMs: {}, retries: 0, isDegraded: false });
}

import { seconds, type StageHandlerOptions } from 'nestage';

/** One is read while another is decoded, enhanced, fetched or answered: a thread has its next picture at once. */
const AT_WORK_PER_THREAD = 2;
/** A picture takes half a second or so: whoever has not begun by then is better off elsewhere. */
const LONGEST_WAIT_MS = seconds(20);
/** As many as are read in that time. */
const WAITING_PER_THREAD = 40;

/**
 * How many requests each route that reads pictures has at work, and how many may wait there, by the threads that read for all of them. A
 * request reads one picture at a time, and the threads take those of all routes in turn: when both are full, each gets half.
 */
export const readingLimits = (threads: number): Required<Pick<StageHandlerOptions, 'concurrency' | 'queue' | 'queueTimeoutMs'>> => ({
  concurrency: AT_WORK_PER_THREAD * threads,
  queue: WAITING_PER_THREAD * threads,
  queueTimeoutMs: LONGEST_WAIT_MS,
});

import type { StageContext } from '../../core/context/stage-context.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import type { BatchLeftEvent, BatchWaitedEvent } from '../../core/pipeline/batch-events.js';
import type { CacheLookupEvent } from '../../core/pipeline/cache-events.js';
import { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageName } from '../../core/pipeline/stage-middleware.js';
import type { StageTimes, StageTimesListener } from '../stage-timer.js';

/** @internal */
export interface RequestMarkerInit {
  readonly events: StageEvents;
  /** Whether replies carry a `Server-Timing` header. */
  readonly serverTiming: boolean;
}

/**
 * Notes the stages' times and what the rooms tell in the request's marks.
 * @internal
 */
export class RequestMarker implements StageTimesListener {
  private readonly times: StageTimes;

  constructor({ events, serverTiming }: RequestMarkerInit) {
    events.on(noteBatch, ['batch.waited', 'batch.left']);
    events.on(noteLookup, ['cache.lookup']);
    events.on(({ context }) => context && marksOf(context).retries++, ['retry']);
    events.on(({ context }) => context && (marksOf(context).isDegraded = true), ['degraded']);
    this.times = {
      preProcess: (durationMs, _endedAt, context) => void (marksOf(context).stagesMs.preProcess = durationMs),
      run: (durationMs, _endedAt, context) => void (marksOf(context).stagesMs.run = durationMs),
      postProcess: (durationMs, _endedAt, context) => {
        const marks = marksOf(context);
        marks.stagesMs.postProcess = durationMs;
        if (serverTiming) context.response.setHeader('server-timing', serverTimingOf(marks));
      },
      streamOpened: (firstItemMs, context) => {
        const marks = marksOf(context);
        marks.firstItemMs = firstItemMs;
        marks.items = 0;
      },
      streamItem: (context) => countItem(context),
    };
  }

  forRoute(): StageTimes {
    return this.times;
  }
}

function countItem(context: StageContext): void {
  const marks = marksOf(context);
  marks.items = (marks.items ?? 0) + 1;
}

function noteLookup({ context, outcome, runLogId }: CacheLookupEvent): void {
  if (!context) return;
  const marks = marksOf(context);
  marks.cache = outcome;
  if (outcome === 'hit' || outcome === 'joined') marks.runLogId = runLogId;
}

/** Each attempt may wait for a batch of its own. */
function noteBatch({ context, waitedMs: ms }: BatchWaitedEvent | BatchLeftEvent): void {
  if (!context) return;
  const { waitedMs } = marksOf(context);
  waitedMs.batch = (waitedMs.batch ?? 0) + ms;
}

const METRIC_NAMES: Readonly<Record<StageName, string>> = { preProcess: 'pre', run: 'run', postProcess: 'post' };

/** `pre;dur=1.2, run;dur=45.1, post;dur=0.3, admission;dur=12` @see https://www.w3.org/TR/server-timing/ */
function serverTimingOf({ stagesMs, waitedMs }: RequestMarks): string {
  const stages = Object.entries(stagesMs).map(([stage, ms]) => [METRIC_NAMES[stage as StageName], ms] as const);
  return [...stages, ...Object.entries(waitedMs)].map(([name, ms]) => `${name};dur=${Number(ms.toFixed(2))}`).join(', ');
}

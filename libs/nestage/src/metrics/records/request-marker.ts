import type { StageContext } from '../../core/context/stage-context.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import type { CacheLookupEvent } from '../../core/pipeline/cache-events.js';
import { type StageEvent, StageEvents } from '../../core/pipeline/stage-events.js';
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
    events.on((event) => note(event));
    this.times = {
      stage: (stage, durationMs, context) => {
        const marks = marksOf(context);
        marks.stagesMs[stage] = durationMs;
        if (serverTiming && stage === 'postProcess') context.response.setHeader('server-timing', serverTimingOf(marks));
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

function note(event: StageEvent): void {
  const { context } = event;
  if (!context) return;
  if (event.type === 'admission.admitted' || event.type === 'admission.left') marksOf(context).waitedMs.admission = event.waitedMs;
  else if (event.type === 'batch.waited' || event.type === 'batch.left') noteBatch(context, event.waitedMs);
  else if (event.type === 'retry') marksOf(context).retries++;
  else if (event.type === 'degraded') marksOf(context).isDegraded = true;
  else if (event.type === 'cache.lookup') noteLookup(context, event);
}

function noteLookup(context: StageContext, { outcome, runLogId }: CacheLookupEvent): void {
  const marks = marksOf(context);
  marks.cache = outcome;
  if (outcome === 'hit' || outcome === 'joined') marks.runLogId = runLogId;
}

/** Each attempt may wait for a batch of its own. */
function noteBatch(context: StageContext, ms: number): void {
  const { waitedMs } = marksOf(context);
  waitedMs.batch = (waitedMs.batch ?? 0) + ms;
}

const METRIC_NAMES: Readonly<Record<StageName, string>> = { preProcess: 'pre', run: 'run', postProcess: 'post' };

/** `pre;dur=1.2, run;dur=45.1, post;dur=0.3, admission;dur=12` @see https://www.w3.org/TR/server-timing/ */
function serverTimingOf({ stagesMs, waitedMs }: RequestMarks): string {
  const stages = Object.entries(stagesMs).map(([stage, ms]) => [METRIC_NAMES[stage as StageName], ms] as const);
  return [...stages, ...Object.entries(waitedMs)].map(([name, ms]) => `${name};dur=${Number(ms.toFixed(2))}`).join(', ');
}

import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { RequestEvents } from '../../core/context/request-events.js';
import type { ClassifiedError } from '../../core/errors/classify-error.js';
import type { JobRun } from '../../core/jobs/job-engine.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { JobEnding, JobMetrics } from '../job-metrics.js';
import { payloadOf } from '../request-payload.js';
import type { JobWebhooks } from '../webhook/job-webhooks.js';

/** @internal */
export interface JobFollowerInit {
  readonly events: RequestEvents;
  readonly metrics: JobMetrics;
  readonly webhooks: JobWebhooks | undefined;
  readonly clock: Clock;
}

/** How a try ended; without a status it was stopped. */
interface TryEnd {
  readonly status: number | undefined;
  readonly failure: ClassifiedError | undefined;
}

/** Status of a request that was stopped before any answer. */
const STOPPED = 499;

/**
 * Tells the log, the metrics and others what becomes of jobs.
 * @internal
 */
export class JobFollower {
  constructor(private readonly init: JobFollowerInit) {}

  /** A try begins. @returns to be told its end */
  begun(job: NewJob, { attempt }: JobRun, context: RequestContext): (end: TryEnd) => void {
    const { events, metrics, clock } = this.init;
    const { method, body, takenAt, path } = payloadOf(job);
    const label = `${job.id}, try ${attempt} of ${job.tries}`;
    events.started(context, method);
    if (attempt === 1) {
      const waitedMs = Math.max(0, clock.now() - takenAt - (job.delayMs ?? 0));
      marksOf(context).waitedMs.queue = waitedMs;
      metrics.waited(path, waitedMs);
    }
    context.logger.info(`Job began: ${job.route}, ${label}`);
    return ({ status, failure }) => {
      const durationMs = clock.elapsed() - context.startedAt;
      const word = status ?? `stopped (${context.abortedBy?.abortCause ?? 'failed'})`;
      const error = failure ? `, tier ${failure.tier}, error ${failure.code}` : '';
      context.logger.info(`Job finished: ${job.route} ${word}, ${label}, cost ${durationMs.toFixed(1)} ms${error}`);
      metrics.ran(path, durationMs);
      events.finished({
        context,
        method,
        status: status ?? STOPPED,
        failure,
        abortedBy: context.abortedBy?.abortCause,
        durationMs,
        bytesIn: body?.size ?? 0,
        bytesOut: 0,
      });
    };
  }

  async ending(job: NewJob, ending: JobEnding): Promise<void> {
    this.init.metrics.ended(payloadOf(job).path, ending);
    await this.init.webhooks?.tell(job);
  }
}

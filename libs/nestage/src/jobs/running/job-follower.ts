import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { RequestEvents } from '../../core/context/request-events.js';
import type { ClassifiedError } from '../../core/errors/classify-error.js';
import type { JobRun } from '../../core/jobs/job-engine.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { JobMetrics } from '../job-metrics.js';
import { payloadOf } from '../request-payload.js';
import type { JobWebhooks } from '../webhook/job-webhooks.js';

/** How a job ends; one that is cancelled ends where it is called off. @internal */
export type JobEnding = 'succeeded' | 'failed' | 'dead' | 'cancelled';

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
    const { method, body } = payloadOf(job);
    const label = `${job.id}, try ${attempt} of ${job.tries}`;
    events.started(context, method);
    context.logger.info(`Job began: ${job.route}, ${label}`);
    return ({ status, failure }) => {
      const durationMs = clock.elapsed() - context.startedAt;
      const word = status ?? `stopped (${context.abortedBy?.abortCause ?? 'failed'})`;
      const error = failure ? `, tier ${failure.tier}, error ${failure.code}` : '';
      context.logger.info(`Job finished: ${job.route} ${word}, ${label}, cost ${durationMs.toFixed(1)} ms${error}`);
      metrics.ran(job.route, durationMs);
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
    this.init.metrics.ended(job.route, ending);
    await this.init.webhooks?.tell(job);
  }
}

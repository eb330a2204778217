import type { Clock } from '../../common/clock.js';
import type { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import { RequestContext } from '../../core/context/request-context.js';
import type { RequestEvents } from '../../core/context/request-events.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { type ClassifiedError } from '../../core/errors/classify-error.js';
import type { JobRun } from '../../core/jobs/job-engine.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { RequestOpenings } from '../../core/pipeline/request-openings.js';
import { TIMEOUT_HEADER } from '../../resilience/deadline/deadlines.js';
import type { RunOrder } from './run-wire.js';

/** @internal */
export interface JobContextsInit {
  readonly writer: LogWriter;
  readonly openings: RequestOpenings;
  readonly requests: RequestEvents;
  readonly clock: Clock;
}

/** The word for a job where a request has its HTTP method. */
const METHOD = 'JOB';

/** Opens and closes the contexts in which a worker runs what came to other processes. @internal */
export class JobContexts {
  constructor(private readonly init: JobContextsInit) {}

  /** The request's log id, headers and deadline; its signal fires with that of the job. */
  open(route: StageRoute, { logId, deadline = Infinity, payload }: NewJob, { signal, attempt }: JobRun): RequestContext {
    const { writer, openings, requests, clock } = this.init;
    const { headers, streamMs } = payload as RunOrder;
    const leftMs = Math.round(deadline - streamMs - clock.now());
    const context = new RequestContext({
      logId,
      origin: 'job',
      headers: { ...headers, [TIMEOUT_HEADER]: String(Math.max(1, leftMs)) },
      writer,
      startedAt: clock.elapsed(),
    });
    const onAbort = (): void => context.abort((signal.reason as RequestAbortedError).abortCause);
    signal.addEventListener('abort', onAbort, { once: true });
    context.onDispose(() => signal.removeEventListener('abort', onAbort));
    context.handlerName = route.name;
    requests.started(context, METHOD);
    context.logger.info(`Request handler type: ${route.name}, run for another process, attempt ${attempt}`);
    openings.open(route, context);
    if (signal.aborted) onAbort();
    if (leftMs <= 0) context.abort('deadline');
    return context;
  }

  close(context: RequestContext, failure: ClassifiedError | undefined): void {
    const { requests, clock } = this.init;
    const durationMs = clock.elapsed() - context.startedAt;
    const status = failure?.status ?? 200;
    const outcome = failure ? `${status}, tier ${failure.tier}, error ${failure.code}` : status;
    context.logger.info(`Request finished: ${METHOD} ${context.path} ${outcome}, cost ${durationMs.toFixed(1)} ms`);
    requests.finished({
      context,
      method: METHOD,
      status,
      failure,
      abortedBy: context.abortedBy?.abortCause,
      durationMs,
      bytesIn: 0,
      bytesOut: 0,
    });
    context.dispose();
  }
}

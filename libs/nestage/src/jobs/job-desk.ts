import type { Clock } from '../common/clock.js';
import { callerOf } from '../core/context/caller.js';
import type { RequestContext } from '../core/context/request-context.js';
import { RequestError, SystemError } from '../core/errors/service-errors.js';
import type { JobEngine } from '../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobSnapshot } from '../core/jobs/job.js';
import type { BuiltInReply } from '../http/builtin/builtin-controller.factory.js';
import { hasDetailsGrant } from '../http/builtin/details-grant.js';
import { type JobLinks, jobView } from './job-view.js';
import { type KeptReply, replyOf } from './kept-reply.js';
import type { PayloadBytes } from './payloads/payload-bytes.js';

/** @internal */
export interface JobDeskInit {
  readonly engine: JobEngine;
  readonly bytes: PayloadBytes;
  readonly links: JobLinks;
  readonly clock: Clock;
  /** Routes whose jobs clients may ask for. */
  readonly isServed: (route: string) => boolean;
}

/** When a client may ask again for a result. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Answers questions about jobs.
 * @internal
 */
export class JobDesk {
  constructor(private readonly init: JobDeskInit) {}

  /** A job that is the client's own, or any for an operator. @throws RequestError `not_found`: for others there is no such job */
  async find(id: string, context: RequestContext): Promise<JobSnapshot> {
    const job = await this.init.engine.find(id);
    const isOwn = job?.owner === callerOf(context)?.name || hasDetailsGrant(context);
    if (job && isOwn && job.kind === 'request' && this.init.isServed(job.route)) return job;
    throw new RequestError('No such job, or its time is over', { code: 'not_found' });
  }

  location(id: string): Record<string, string> {
    const links = this.init.links.of(id);
    return links ? { location: links.self } : {};
  }

  async accepted(id: string): Promise<BuiltInReply> {
    const job = await this.init.engine.find(id);
    if (!job) throw new SystemError('A job has gone as soon as it came');
    return { status: 202, body: this.view(job), headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
  }

  view(job: JobSnapshot, context?: RequestContext): object {
    const { links, clock } = this.init;
    return jobView(job, { links, now: clock.now(), isOperator: hasDetailsGrant(context) });
  }

  /** The answer that the request would have got. @throws RequestError `job_not_finished`, `cancelled`; SystemError for a job that left none */
  async result(job: JobSnapshot): Promise<BuiltInReply> {
    if (!FINAL_JOB_STATES.has(job.state)) {
      throw new RequestError(`The job is ${job.state}`, { code: 'job_not_finished', retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    if (job.state === 'cancelled') throw new RequestError('The job was cancelled', { code: 'cancelled', status: 410 });
    if (job.result === undefined) throw new SystemError(`The job is dead: ${job.deadBecause ?? 'it left no answer'}`);
    return replyOf(job.result as KeptReply, this.init.bytes);
  }

  /** @returns `undefined` when the job is not over by then @throws the signal's reason */
  async resultWithin(id: string, waitMs: number, signal: AbortSignal): Promise<BuiltInReply | undefined> {
    const { engine, clock } = this.init;
    const enough = new AbortController();
    const end = (): void => enough.abort();
    const cancel = clock.schedule(waitMs, end);
    signal.addEventListener('abort', end, { once: true });
    try {
      for await (const _event of engine.events(id, { signal: enough.signal, isOnlooker: true }));
      signal.throwIfAborted();
      const job = await engine.find(id);
      return job && FINAL_JOB_STATES.has(job.state) ? await this.result(job) : undefined;
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  }
}

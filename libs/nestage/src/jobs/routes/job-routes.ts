import { Readable } from 'node:stream';
import { type ExecutionContext, StreamableFile } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import { RequestError } from '../../core/errors/service-errors.js';
import type { JobEngine } from '../../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobEvent, type JobSnapshot } from '../../core/jobs/job.js';
import type { BuiltInReply, BuiltInRouteInit } from '../../http/builtin/builtin-controller.factory.js';
import { ReplyStream } from '../../http/reply/reply-stream.js';
import { STREAM_HEADERS } from '../../http/reply/stage-reply.js';
import { type AdapterRequest, contextOf } from '../../http/request-of.js';
import type { JobDesk } from '../job-desk.js';
import type { JobFollower } from '../running/job-follower.js';
import { eventStream } from './job-events-stream.js';

/** @internal */
export interface JobRoutesInit {
  readonly path: string;
  readonly engine: JobEngine;
  readonly desk: JobDesk;
  readonly follower: JobFollower;
  readonly heartbeatMs: number;
}

type Answer = (job: JobSnapshot, context: RequestContext) => Promise<BuiltInReply>;

/**
 * The routes by which clients ask for their jobs, follow them, call them off and have them tried again.
 * @internal
 */
export class JobRoutes {
  constructor(private readonly init: JobRoutesInit) {}

  routes(): readonly BuiltInRouteInit[] {
    const path = `${this.init.path}/:id`;
    return [
      this.route('JobController', 'GET', path, async (job, context) => this.shown(job, context)),
      this.route('JobCancelController', 'DELETE', path, (job, context) => this.cancel(job, context)),
      this.route('JobResultController', 'GET', `${path}/result`, (job) => this.init.desk.result(job)),
      this.route('JobEventsController', 'GET', `${path}/events`, (job, context) => this.events(job, context)),
      this.route('JobRetryController', 'POST', `${path}/retry`, (job, context) => this.retry(job, context)),
    ];
  }

  private route(name: string, method: BuiltInRouteInit['method'], path: string, answer: Answer): BuiltInRouteInit {
    const handle = async (execution: ExecutionContext): Promise<BuiltInReply> => {
      const request = execution.switchToHttp().getRequest<AdapterRequest>();
      const context = contextOf(request) as RequestContext;
      const { id } = request.params as { readonly id: string };
      return answer(await this.init.desk.find(id, context), context);
    };
    return { name, method, path, audience: 'client', handle };
  }

  private shown(job: JobSnapshot, context: RequestContext): BuiltInReply {
    return { status: 200, body: this.init.desk.view(job, context), headers: { 'cache-control': 'no-store' } };
  }

  private async cancel({ id }: JobSnapshot, context: RequestContext): Promise<BuiltInReply> {
    const { engine, desk, follower } = this.init;
    const isCalledOff = await engine.cancel(id);
    const job = await desk.find(id, context);
    if (isCalledOff) await follower.ending(job, 'cancelled');
    return this.shown(job, context);
  }

  private async retry({ id, state }: JobSnapshot, context: RequestContext): Promise<BuiltInReply> {
    const { engine, desk } = this.init;
    if (!(await engine.retry(id))) {
      throw new RequestError(`The job is ${state}: only one that has failed, is dead or was cancelled can be tried again`, {
        code: 'client_error',
        status: 409,
      });
    }
    const { headers, ...reply } = await desk.accepted(id);
    context.logger.info(`Job is tried again: ${id}`);
    return { ...reply, headers: { ...headers, ...desk.location(id) } };
  }

  /** A client that has seen the end is told by 204 not to come again. */
  private async events({ id, state }: JobSnapshot, context: RequestContext): Promise<BuiltInReply> {
    const after = context.headers['last-event-id'];
    const reading = { signal: context.signal, isOnlooker: true, ...(typeof after === 'string' ? { after } : {}) };
    const events = this.init.engine.events(id, reading);
    if (after === undefined || !FINAL_JOB_STATES.has(state)) return this.stream(context, events);
    const rest: JobEvent[] = [];
    for await (const event of events) rest.push(event);
    return rest.length === 0 ? { status: 204, body: '' } : this.stream(context, Readable.from(rest));
  }

  private stream(context: RequestContext, events: Parameters<typeof eventStream>[0]): BuiltInReply {
    const chunks = new ReplyStream(eventStream(events, this.init.heartbeatMs), context);
    const body = new StreamableFile(chunks, { type: 'text/event-stream; charset=utf-8' });
    return { status: 200, headers: STREAM_HEADERS, body };
  }
}

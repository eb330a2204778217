import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { Clock } from '../../common/clock.js';
import { bindCaller } from '../../core/context/caller.js';
import { contextStorage } from '../../core/context/context-storage.js';
import type { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import { RequestContext } from '../../core/context/request-context.js';
import type { FoundRoute } from '../../core/discovery/stage-explorer.js';
import type { ClassifiedError } from '../../core/errors/classify-error.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { JobRun } from '../../core/jobs/job-engine.js';
import { type JobOutcome, JobTryError, type NewJob } from '../../core/jobs/job.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { StageLifecycle } from '../../core/stage/stage-lifecycle.js';
import type { ErrorResponder } from '../../http/reply/error-responder.js';
import { bodyOf } from '../../http/request-of.js';
import type { RouteExecution } from '../../http/route-execution.js';
import type { TransportGate } from '../../http/gate/transport-gate.js';
import { keepError, type KeepExchange, type KeptReply, keepReply } from '../kept-reply.js';
import type { KeptBytes, PayloadBytes } from '../payloads/payload-bytes.js';
import { bindJobRun } from '../report-progress.js';
import { payloadOf } from '../request-payload.js';
import type { JobFollower } from './job-follower.js';
import { requestOf } from './job-request.js';

/** @internal */
export interface JobTransportInit {
  readonly gate: TransportGate;
  readonly execution: RouteExecution;
  readonly runtime: StageRuntime;
  readonly responder: ErrorResponder;
  readonly follower: JobFollower;
  readonly bytes: PayloadBytes;
  readonly moduleRef: ModuleRef;
  readonly writer: LogWriter;
  readonly clock: Clock;
}

/** How much longer than the job its answer is kept: it must not go first. */
const KEEP_LONGER_MS = 60_000;
const DROP_AFTER_MS = 60_000;

/**
 * Takes jobs through the pipeline, as HTTP requests go, and keeps their answers.
 * @internal
 */
export class JobTransport {
  constructor(private readonly init: JobTransportInit) {}

  /** One try of a job. @throws JobTryError for an error of tier L3, the signal's reason when the job is no longer wanted */
  async run(found: FoundRoute, job: NewJob, run: JobRun): Promise<JobOutcome> {
    const { follower, writer, clock } = this.init;
    const { headers, caller } = payloadOf(job);
    const context = new RequestContext({ logId: job.logId, origin: 'job', headers, writer, startedAt: clock.elapsed() });
    context.handlerName = found.route.name;
    if (caller) bindCaller(context, caller);
    bindJobRun(context, run);
    const onAbort = (): void => context.abort((run.signal.reason as RequestAbortedError).abortCause);
    if (run.signal.aborted) onAbort();
    else run.signal.addEventListener('abort', onAbort, { once: true });
    return contextStorage.run(context, async () => {
      const end = follower.begun(job, run, context);
      try {
        const reply = await this.answer(found, job, { context, run });
        end({ status: reply.status, failure: context.failure });
        return await this.outcome(job, run, reply, context.failure);
      } catch (error) {
        end({ status: undefined, failure: context.failure });
        throw error;
      } finally {
        run.signal.removeEventListener('abort', onAbort);
        context.dispose();
      }
    });
  }

  private async answer(found: FoundRoute, job: NewJob, { context, run }: Trying): Promise<KeptReply> {
    const { responder, bytes } = this.init;
    const exchange: KeepExchange = { route: found.route, context, bytes, keepMs: job.keepMs + KEEP_LONGER_MS };
    try {
      const handled = await this.serve(found, job, { context, run });
      const reply = await keepReply(handled, exchange);
      if (context.abortedBy) throw context.abortedBy; // its last words were cut off
      return reply;
    } catch (thrown) {
      if (isUnwanted(run)) throw run.signal.reason;
      return keepError(responder.sanitize(thrown, context), exchange);
    }
  }

  private async serve({ route, wrapper }: FoundRoute, job: NewJob, { context, run }: Trying): ReturnType<typeof this.execute> {
    const { execution, runtime, bytes } = this.init;
    const payload = payloadOf(job);
    runtime.assertReady(route.handler);
    const request = await requestOf(payload, bytes);
    const body = await new Promise((done, failed: (error: unknown) => void) =>
      this.init.gate.receiveBody({ request, route, context }, { done, failed }),
    );
    const received = { method: payload.method, contentType: request.headers['content-type'], bytes: bodyOf(request)?.bytes ?? 0 };
    const given: unknown = await execution.receive(route, { body, parameters: payload.parameters, received }, context);
    const handler = wrapper.isDependencyTreeStatic() ? (wrapper.instance as StageLifecycle) : await this.scoped(route.handler, request);
    return this.execute({ route, request: given, context, handler, onItem: (item) => run.item(item) });
  }

  private async execute(exchange: Parameters<RouteExecution['execute']>[0]): Promise<Awaited<ReturnType<RouteExecution['execute']>>> {
    return this.init.execution.execute(exchange);
  }

  private scoped(type: FoundRoute['type'], request: object): Promise<StageLifecycle> {
    const contextId = ContextIdFactory.create();
    this.init.moduleRef.registerRequestByContextId(request, contextId);
    return this.init.moduleRef.resolve<StageLifecycle>(type, contextId, { strict: false });
  }

  /** What another try may mend asks for one; what it leaves is kept of the last one only. */
  private async outcome(job: NewJob, run: JobRun, reply: KeptReply, failure: ClassifiedError | undefined): Promise<JobOutcome> {
    const { follower, bytes } = this.init;
    if (failure?.tier !== 'L3') {
      const state = failure ? 'failed' : 'succeeded';
      if (!failure) this.dropLater(payloadOf(job).body);
      await follower.ending(job, state);
      return { state, result: reply };
    }
    const cause = new Error(`${failure.code}, status ${failure.status}`);
    if (run.attempt >= job.tries || run.signal.aborted) {
      await follower.ending(job, 'dead');
      throw new JobTryError(reply, cause);
    }
    await bytes.drop(reply.body);
    throw new JobTryError(undefined, cause);
  }

  /** What a job has brought is of no use when it has succeeded; not at once, since it is tried again if its end can't be noted down. */
  private dropLater(body: KeptBytes | undefined): void {
    this.init.clock.schedule(DROP_AFTER_MS, () => void this.init.bytes.drop(body));
  }
}

interface Trying {
  readonly context: RequestContext;
  readonly run: JobRun;
}

/** Past its age a job is answered as any that is late; cancelled or given back, it is answered by nobody. */
const isUnwanted = ({ signal }: JobRun): boolean => signal.aborted && (signal.reason as RequestAbortedError).abortCause !== 'deadline';

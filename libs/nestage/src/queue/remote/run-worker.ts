import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import { Readable } from 'node:stream';
import { inContext } from '../../core/context/in-context.js';
import { contextStorage } from '../../core/context/context-storage.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { FoundRoute } from '../../core/discovery/stage-explorer.js';
import { routeKey } from '../../core/discovery/stage-route.js';
import { classifyError, type ClassifiedError } from '../../core/errors/classify-error.js';
import type { ErrorReporter } from '../../core/errors/error-reporter.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { JobEngine, JobRun } from '../../core/jobs/job-engine.js';
import type { JobOutcome, NewJob } from '../../core/jobs/job.js';
import type { StagePipelines } from '../../core/pipeline/stage-pipelines.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { BinaryResult } from '../../core/stage/binary-result.js';
import type { StageLifecycle } from '../../core/stage/stage-lifecycle.js';
import type { JobContexts } from './job-context.js';
import { headOf, type BinaryHead, type RunItem, type RunOrder, type RunResult, toWireFailure } from './run-wire.js';
import type { ValueCodec } from './value-codec.js';

/** @internal */
export interface RunWorkerInit {
  readonly engine: JobEngine;
  readonly codec: ValueCodec;
  readonly contexts: JobContexts;
  readonly runtime: StageRuntime;
  readonly pipelines: StagePipelines;
  readonly errors: ErrorReporter;
  readonly moduleRef: ModuleRef;
}

/** Does the `run` of routes for requests that came to other processes. @internal */
export class RunWorker {
  constructor(private readonly init: RunWorkerInit) {}

  /** Begins to take jobs of a route; to be called when its model is ready. */
  serve(found: FoundRoute, concurrency: number): void {
    const scope = { kind: 'run', routes: [routeKey(found.route)], concurrency } as const;
    this.init.engine.work(scope, (job, run) => this.work(found, job, run));
  }

  private work(found: FoundRoute, job: NewJob, run: JobRun): Promise<JobOutcome> {
    const context = this.init.contexts.open(found.route, job, run);
    return contextStorage.run(context, async (): Promise<JobOutcome> => {
      let failure: ClassifiedError | undefined;
      try {
        return { state: 'succeeded', result: await this.run(found, job, run, context) };
      } catch (error) {
        failure = classifyError(error);
        const cause = context.abortedBy?.abortCause;
        if (cause === 'cancelled' || cause === 'shutdown') throw error;
        this.init.errors.report(error, 'stage', context);
        const result: RunResult = { kind: 'error', error: toWireFailure(error) };
        return { state: 'failed', result };
      } finally {
        this.init.contexts.close(context, failure);
      }
    });
  }

  private async run({ route, wrapper }: FoundRoute, job: NewJob, run: JobRun, context: RequestContext): Promise<RunResult> {
    const { codec, pipelines, runtime } = this.init;
    runtime.assertReady(route.handler);
    const handler = wrapper.isDependencyTreeStatic()
      ? (wrapper.instance as StageLifecycle)
      : await this.resolveScoped(route.handler, context);
    const input = await codec.decode((job.payload as RunOrder).input);
    const result = await pipelines.workOf(route).run(input, context, handler);
    if (result instanceof StageStream) return this.send(inContext(context, result), run, job, context);
    if (result instanceof Readable) return this.send(result, run, job, context, { type: 'application/octet-stream' });
    if (!(result instanceof BinaryResult)) return { kind: 'value', value: await codec.encode(result, job.keepMs), head: headOf(context) };
    const { data, type, filename } = result;
    if (data instanceof Readable) return this.send(data, run, job, context, { type, filename });
    return { kind: 'value', value: await codec.encode(data, job.keepMs), head: headOf(context), binary: { type, filename } };
  }

  /** Items go as the reader takes them. */
  private async send(
    items: AsyncIterable<unknown>,
    run: JobRun,
    { keepMs }: NewJob,
    context: RequestContext,
    binary?: BinaryHead,
  ): Promise<RunResult> {
    let isFirst = true;
    for await (const item of items) {
      const value = await this.init.codec.encode(item, keepMs);
      const told: RunItem = isFirst ? { i: value, head: headOf(context), ...(binary && { binary }) } : { i: value };
      isFirst = false;
      await run.item(told);
    }
    return { kind: 'stream', head: headOf(context) };
  }

  private resolveScoped(handler: FoundRoute['type'], context: RequestContext): Promise<StageLifecycle> {
    const id = ContextIdFactory.create();
    this.init.moduleRef.registerRequestByContextId(context, id);
    return this.init.moduleRef.resolve<StageLifecycle>(handler, id, { strict: false });
  }
}

import type { TransferListItem } from 'node:worker_threads';
import { currentContext } from '../core/context/context-storage.js';
import { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { StageContext } from '../core/context/stage-context.js';
import { RequestError, SystemError } from '../core/errors/service-errors.js';
import type { HealthCheckResult } from '../core/health/health-check.js';
import { callContextOf } from './call-context.js';
import type { TraceCarrier } from '../core/context/trace-carrier.js';
import type { PoolReporter } from './pool-reporter.js';
import type { PoolThreads } from './pool-threads.js';
import { transfersOf } from './wire/transfer.js';
import { WorkerCall } from './worker-call.js';
import type { WorkerTask } from './worker/worker-task.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- "whatever this worker declares", inside conditional types only */

/** What the `run` of a worker's class takes. @publicApi */
export type WorkerInput<Worker> = Worker extends { run(input: infer Input, ...rest: any[]): any } ? Input : never;

/** What it gives: a value, or a stream of items. @publicApi */
export type WorkerOutput<Worker> = Worker extends { run(...args: any[]): infer Result } ? Streamed<Awaited<Result>> : never;

type Streamed<Result> = Result extends AsyncIterable<infer Item> ? AsyncIterableIterator<Item> : Result;

/* eslint-enable @typescript-eslint/no-explicit-any */

/** Whose call it is, and what comes with it. @publicApi */
export interface WorkerCallOptions {
  /** The request it is made for. @default the current one */
  readonly context?: StageContext;
  /** Ends the call, beside the request's own signal. */
  readonly signal?: AbortSignal;
  /** Buffers of the input that are moved, not copied. @default what `transfer()` says */
  readonly transfer?: readonly TransferListItem[];
}

/** @internal */
export interface WorkerPoolInit {
  readonly threads: PoolThreads;
  readonly reporter: PoolReporter;
  readonly traces: TraceCarrier;
}

/**
 * A pool of worker threads, each with an instance of one class. Tasks are taken in the order of the calls, one at a time by each thread.
 * Made by `WorkerPools`; a route with the option `worker` has one of its own.
 * @publicApi
 */
export class WorkerPool<Worker extends WorkerTask<never, unknown> = WorkerTask<never, unknown>> {
  private lastId = 0;

  private readonly threads: PoolThreads;

  /** @internal */
  constructor(private readonly init: WorkerPoolInit) {
    this.threads = init.threads;
  }

  get name(): string {
    return this.threads.options.name;
  }

  /** Tasks that are worked on or wait. One that nobody wants any more counts until its thread has noticed. */
  get load(): number {
    return this.threads.tasks.load;
  }

  /**
   * Starts the threads. Resolves when each has run the worker's `initialize`; further calls wait for the first.
   * @throws ModelError when a thread can't start; the pool may be started again then
   */
  start(): Promise<void> {
    return this.threads.start();
  }

  /**
   * Runs one task in the next free thread.
   * @throws what `run` throws, of the same class; ModelError when its thread ends; `overloaded` (503) beyond `maxQueue`; the signal's reason
   */
  async run(input: WorkerInput<Worker>, options?: WorkerCallOptions): Promise<WorkerOutput<Worker>> {
    const context = options?.context ?? currentContext();
    return this.submit('run', input, context ? [context] : [], options) as Promise<WorkerOutput<Worker>>;
  }

  /** Runs the inputs of several requests as one task, by `runBatch`. @throws as `run` @internal */
  async runBatch(inputs: readonly unknown[], contexts: readonly StageContext[]): Promise<unknown> {
    return this.submit('runBatch', inputs, contexts, {});
  }

  /**
   * Refuses what waits, cuts short what runs (both reject with `shutting_down`), lets each thread dispose, and ends them. A thread that does
   * not come out of its task within 10 s is ended in it. The pool may be started again.
   */
  stop(): Promise<void> {
    return this.threads.stop();
  }

  /** For `/health`: unhealthy without a thread that works or starts, degraded with fewer than there should be. */
  checkHealth(): HealthCheckResult {
    const { live, size, failing } = this.threads;
    const details = { threads: live, load: this.load };
    if (failing.length === 0) return { status: 'healthy', details };
    const reason = `${failing.length} of ${size} threads can't start: ${messageOf(failing[0].lastFailure)}`;
    return { status: live > 0 ? 'degraded' : 'unhealthy', reason, details };
  }

  /** @throws SystemError when the worker's class lacks the method @internal */
  assertHas(method: 'run' | 'runBatch'): void {
    if (this.threads.has(method)) return;
    throw new SystemError(
      `The worker class of ${this.name} has no ${method}(): give it a method ${method}, or take the option "batch" away.`,
    );
  }

  private submit(
    method: 'run' | 'runBatch',
    input: unknown,
    contexts: readonly StageContext[],
    { signal, transfer = transfersOf(input) }: WorkerCallOptions = {},
  ): Promise<unknown> {
    this.refuse(contexts);
    const wanted = contexts.length > 0 ? contexts : [undefined];
    const call = new WorkerCall({
      id: ++this.lastId,
      method,
      input,
      contexts: wanted.map((context) => callContextOf(context, signal, this.init.traces)),
      transfers: transfer,
      worked: (activeMs) => this.init.reporter.worked(contexts, activeMs),
    });
    if (!call.isOver) this.threads.submit(call, contexts);
    return call.result;
  }

  private refuse(contexts: readonly StageContext[]): void {
    const { threads, name } = this;
    const { reporter } = this.init;
    if (threads.isStopping) throw new RequestAbortedError('shutdown');
    if (!threads.isStarted) throw new SystemError(`The worker pool ${name} is not started: call its start() first.`);
    const { outage } = threads;
    if (outage) throw outage;
    if (threads.isFull) {
      reporter.refused(contexts[0]);
      throw new RequestError(`The worker ${name} is full: ${threads.tasks.load} tasks are at work or wait`, {
        code: 'overloaded',
        retryAfterSeconds: Math.max(1, Math.ceil((threads.tasks.load * reporter.taskMs) / threads.options.threads / 1000)),
      });
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

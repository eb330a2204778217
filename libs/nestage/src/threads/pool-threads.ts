import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { StageContext } from '../core/context/stage-context.js';
import { ModelError } from '../core/errors/service-errors.js';
import { LOG_LEVELS, type LogWriter } from '../core/log/log-writer.js';
import type { PoolReporter } from './pool-reporter.js';
import { settledWithin } from './settled-within.js';
import { TaskQueue } from './task-queue.js';
import { ThreadKeeper, type KeeperObserver } from './thread-keeper.js';
import { findThreadSource } from './thread-source.js';
import type { WorkerCall } from './worker-call.js';
import type { ResolvedWorkerOptions } from './worker.options.js';

/** @internal */
export interface PoolThreadsInit {
  readonly options: ResolvedWorkerOptions;
  readonly reporter: PoolReporter;
  readonly log: LogWriter;
  readonly clock: Clock;
}

/** How long a stop waits for threads to come out of their tasks. */
const STOP_WITHIN_MS = seconds(10);

/**
 * The threads of a pool, who works on what, and who waits: first come, first served. Order and limit are ours, since piscina reverses tasks
 * that carry a signal and does not count them.
 * @internal
 */
export class PoolThreads {
  readonly options: ResolvedWorkerOptions;
  readonly tasks = new TaskQueue();
  private keepers: readonly ThreadKeeper[] = [];
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private hasStarted = false;
  private disarmUnload: () => void = () => undefined;

  constructor(private readonly init: PoolThreadsInit) {
    this.options = init.options;
  }

  /** Threads that there should be. */
  get size(): number {
    return this.options.threads;
  }

  get live(): number {
    return this.keepers.filter(({ isLive }) => isLive).length;
  }

  get isStarted(): boolean {
    return this.hasStarted;
  }

  get isStopping(): boolean {
    return this.stopping !== undefined;
  }

  get isFull(): boolean {
    return this.tasks.load >= this.options.threads + this.options.maxQueue;
  }

  /** Keepers whose thread can't start. */
  get failing(): readonly ThreadKeeper[] {
    return this.keepers.filter(({ isFailing }) => isFailing);
  }

  /** Why no task is taken: none of the threads can start. */
  get outage(): ModelError | undefined {
    const { failing } = this;
    if (failing.length === 0 || failing.length < this.keepers.length) return undefined;
    const [{ lastFailure: cause }] = failing;
    const waitMs = Math.min(...failing.map((keeper) => keeper.waitMs));
    const message = `No thread of the worker ${this.options.name} can start: ${cause instanceof Error ? cause.message : String(cause)}`;
    return new ModelError(message, { code: 'not_ready', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)), cause });
  }

  start(): Promise<void> {
    if (this.starting) return this.starting;
    const starting = this.startAll();
    this.starting = starting;
    starting.catch(() => {
      if (this.starting === starting) this.starting = undefined;
    });
    return starting;
  }

  /** Whether the worker's class has the method; to be asked when started. */
  has(method: 'run' | 'runBatch'): boolean {
    return this.keepers.some(({ thread }) => thread?.methods[method]);
  }

  submit(call: WorkerCall, contexts: readonly StageContext[]): void {
    this.disarmUnload();
    this.tasks.add({ call, contexts, since: this.init.clock.elapsed() });
    call.onAbandoned = () => {
      this.tasks.leave(call);
      this.settled();
    };
    for (const keeper of this.keepers) keeper.revive();
    this.pump();
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll().finally(() => (this.stopping = undefined));
    return this.stopping;
  }

  private async startAll(): Promise<void> {
    const { options, clock, log, reporter } = this.init;
    try {
      if (this.stopping) await this.stopping;
      const source = findThreadSource(options);
      const levels = LOG_LEVELS.filter((level) => log.isEnabled(level));
      const observer = this.observer();
      this.keepers = Array.from({ length: options.threads }, () => new ThreadKeeper({ options, source, levels, clock, observer }));
      const since = clock.elapsed();
      await Promise.all(this.keepers.map((keeper) => keeper.start()));
      if (this.stopping) throw new Error('stopped while it started');
      this.hasStarted = true;
      reporter.started(options.threads, clock.elapsed() - since);
      this.settled();
    } catch (error) {
      await Promise.all(this.keepers.map((keeper) => keeper.end()));
      this.keepers = [];
      if (this.stopping) throw new RequestAbortedError('shutdown');
      const message = `The worker ${options.name} can't start: ${error instanceof Error ? error.message : String(error)}`;
      throw new ModelError(message, { cause: error });
    }
  }

  private async stopAll(): Promise<void> {
    this.disarmUnload();
    const { starting } = this;
    this.starting = undefined;
    this.hasStarted = false;
    const reason = new RequestAbortedError('shutdown');
    this.tasks.cancel(reason);
    await settledWithin(STOP_WITHIN_MS, this.tasks.atRest(), this.init.clock);
    await Promise.all(this.keepers.map((keeper) => keeper.end()));
    await starting?.catch(() => undefined); // it rejects, as its threads have ended
    this.keepers = [];
  }

  private pump(): void {
    for (const { thread } of this.keepers) {
      const task = thread?.isIdle ? this.tasks.take() : undefined;
      if (!task) continue;
      this.init.reporter.waited(task.contexts, this.init.clock.elapsed() - task.since);
      thread?.execute(task.call);
    }
  }

  private observer(): KeeperObserver {
    const { reporter } = this.init;
    return {
      hear: (message) => reporter.hear(message),
      freed: (call) => this.finished(call),
      ready: (again) => {
        if (again) reporter.restarted(again.costMs);
        this.pump();
      },
      ended: (end, delayMs, call) => {
        reporter.ended(end, delayMs);
        if (call) this.finished(call);
      },
      failed: (error, delayMs) => {
        reporter.failed(error, delayMs);
        this.refuseWaiting();
      },
    };
  }

  private finished(call: WorkerCall): void {
    const task = this.tasks.finish(call);
    if (task) this.init.reporter.done(task.contexts, call);
    this.pump();
    this.settled();
  }

  /** Nobody waits for a thread that may never come. */
  private refuseWaiting(): void {
    const { outage } = this;
    if (outage) this.tasks.refuse(outage);
  }

  private settled(): void {
    const { idleUnloadMs } = this.options;
    if (idleUnloadMs === false || this.tasks.load > 0 || this.isStopping) return;
    this.disarmUnload();
    this.disarmUnload = this.init.clock.schedule(idleUnloadMs, () => {
      this.init.reporter.unloaded();
      for (const keeper of this.keepers) void keeper.end();
    });
  }
}

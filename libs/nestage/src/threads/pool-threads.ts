import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { StageContext } from '../core/context/stage-context.js';
import { ModelError } from '../core/errors/service-errors.js';
import { LOG_LEVELS, type LogWriter } from '../core/log/log-writer.js';
import type { PoolReporter } from './pool-reporter.js';
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

/** A call with the requests that it is made for. */
interface Task {
  readonly call: WorkerCall;
  readonly contexts: readonly StageContext[];
  readonly since: number;
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
  private keepers: readonly ThreadKeeper[] = [];
  private readonly waiting = new Map<WorkerCall, Task>();
  private readonly running = new Map<WorkerCall, Task>();
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private hasStarted = false;
  private onEmpty: () => void = () => undefined;
  private disarmUnload: () => void = () => undefined;

  constructor(private readonly init: PoolThreadsInit) {
    this.options = init.options;
  }

  /** Threads that there should be. */
  get size(): number {
    return this.options.threads;
  }

  get load(): number {
    return this.running.size + this.waiting.size;
  }

  get queued(): number {
    return this.waiting.size;
  }

  get busy(): number {
    return this.running.size;
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
    return this.load >= this.options.threads + this.options.maxQueue;
  }

  /** Keepers whose thread can't start. */
  get failing(): readonly ThreadKeeper[] {
    return this.keepers.filter(({ isFailing }) => isFailing);
  }

  /** Whether none of the threads can start. */
  get isDown(): boolean {
    return this.keepers.length > 0 && this.failing.length === this.keepers.length;
  }

  start(): Promise<void> {
    this.starting ??= this.startAll();
    return this.starting;
  }

  /** Whether the worker's class has the method; to be asked when started. */
  has(method: 'run' | 'runBatch'): boolean {
    return this.keepers.some(({ thread }) => thread?.methods[method]);
  }

  submit(call: WorkerCall, contexts: readonly StageContext[]): void {
    this.disarmUnload();
    this.waiting.set(call, { call, contexts, since: this.init.clock.elapsed() });
    call.onAbandoned = () => {
      this.waiting.delete(call);
      this.settled();
    };
    for (const keeper of this.keepers) keeper.revive();
    this.pump();
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll().finally(() => {
      this.starting = undefined;
      this.hasStarted = false;
      this.stopping = undefined;
    });
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
      this.starting = undefined;
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
    const reason = new RequestAbortedError('shutdown');
    for (const { call } of [...this.waiting.values(), ...this.running.values()]) call.cancel(reason);
    if (this.running.size > 0) await this.emptied();
    await Promise.all(this.keepers.map((keeper) => keeper.end()));
    await starting?.catch(() => undefined); // it rejects, as its threads have ended
    this.keepers = [];
  }

  private async emptied(): Promise<void> {
    let cancel = (): void => undefined;
    await new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      cancel = this.init.clock.schedule(STOP_WITHIN_MS, resolve);
    });
    cancel();
  }

  private pump(): void {
    for (const { thread } of this.keepers) {
      const [task] = this.waiting.values();
      if (!task) return;
      if (!thread?.isIdle) continue;
      const { call, contexts, since } = task;
      this.waiting.delete(call);
      this.running.set(call, task);
      this.init.reporter.waited(contexts, this.init.clock.elapsed() - since);
      thread.execute(call);
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
        this.refuseWaiting(error);
      },
    };
  }

  private finished(call: WorkerCall): void {
    const task = this.running.get(call);
    if (!task) return;
    this.running.delete(call);
    this.init.reporter.done(task.contexts, call);
    this.pump();
    this.settled();
  }

  /** Nobody waits for a thread that may never come. */
  private refuseWaiting(cause: unknown): void {
    if (!this.isDown) return;
    const message = `No thread of the worker ${this.options.name} can start: ${cause instanceof Error ? cause.message : String(cause)}`;
    for (const { call } of this.waiting.values()) call.fail(new ModelError(message, { code: 'not_ready', cause }));
    this.waiting.clear();
  }

  private settled(): void {
    if (this.running.size === 0) this.onEmpty();
    const { idleUnloadMs } = this.options;
    if (idleUnloadMs === false || this.load > 0 || this.isStopping) return;
    this.disarmUnload();
    this.disarmUnload = this.init.clock.schedule(idleUnloadMs, () => {
      this.init.reporter.unloaded();
      for (const keeper of this.keepers) void keeper.end();
    });
  }
}

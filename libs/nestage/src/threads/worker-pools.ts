import { Injectable } from '@nestjs/common';
import { type Clock, systemClock } from '../common/clock.js';
import { checkOptions } from '../common/option-checks.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { HealthService } from '../core/health/health.service.js';
import { LogWriter } from '../core/log/log-writer.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StageGauges } from '../core/pipeline/stage-gauges.js';
import { PoolReporter } from './pool-reporter.js';
import { PoolThreads } from './pool-threads.js';
import { WorkerPool } from './worker-pool.js';
import type { WorkerTask } from './worker/worker-task.js';
import { resolveWorkerOptions, WORKER_FIELDS, type WorkerOptions } from './worker.options.js';

/**
 * Makes pools of worker threads for models and services: for all work that blocks and does not belong to the `run` of one route alone.
 * What it makes shows in logs, metrics and `/health` as the pools of routes do.
 *
 * @example
 * ```ts
 * @StageModel()
 * export class OcrModel {
 *   private readonly pool: WorkerPool<OcrWorker>;
 *   constructor(pools: WorkerPools) { this.pool = pools.create<OcrWorker>(new URL('./ocr.worker.js', import.meta.url)); }
 *   initialize() { return this.pool.start(); }
 *   read(picture: Uint8Array) { return this.pool.run(picture); }
 *   dispose() { return this.pool.stop(); }
 * }
 * ```
 * @publicApi
 */
@Injectable()
export class WorkerPools {
  private readonly pools = new Map<string, { readonly pool: WorkerPool; readonly threads: PoolThreads }>();
  private readonly clock: Clock = systemClock;

  constructor(
    private readonly log: LogWriter,
    private readonly events: StageEvents,
    private readonly health: HealthService,
    private readonly traces: TraceCarrier,
    gauges: StageGauges,
  ) {
    const provide = (name: string, help: string, read: (threads: PoolThreads) => number): void =>
      gauges.provide({
        name,
        help,
        label: 'pool',
        read: () => [...this.pools].map(([pool, { threads }]) => [pool, read(threads)] as const),
      });
    provide('worker_threads', 'Worker threads that take tasks.', ({ live }) => live);
    provide(
      'worker_threads_busy',
      'Worker threads that are at a task, those that nobody wants any more included.',
      ({ tasks }) => tasks.busy,
    );
    provide('worker_tasks_waiting', 'Tasks that wait for a worker thread.', ({ tasks }) => tasks.queued);
  }

  /**
   * Makes a pool, which starts no threads yet: call its `start()` in `initialize`, and its `stop()` in `dispose`.
   * @param options the worker file, or a pool with its options
   * @throws OptionError for a bad option; StartFaultError for a name that another pool has
   */
  create<Worker extends WorkerTask<never, unknown>>(options: URL | WorkerOptions): WorkerPool<Worker> {
    const given = options instanceof URL ? { url: options } : options;
    checkOptions(given, WORKER_FIELDS, 'WorkerPools.create()');
    const resolved = resolveWorkerOptions(given);
    const { name } = resolved;
    if (this.pools.has(name)) {
      throw new StartFaultError([`Two pools of worker threads are named "${name}": give one of them another { name }.`]);
    }
    const { log, clock, events, traces } = this;
    const reporter = new PoolReporter(name, log, events);
    const threads = new PoolThreads({ options: resolved, reporter, log, clock });
    const pool = new WorkerPool<Worker>({ threads, reporter, traces });
    this.pools.set(name, { pool, threads });
    this.health.add({ name: `worker ${name}`, check: () => pool.checkHealth() });
    return pool;
  }

  /** Ends what nobody has stopped, so that no thread outlives the app; what still starts is stopped by whoever started it. */
  async onApplicationShutdown(): Promise<void> {
    const started = [...this.pools.values()].filter(({ threads }) => threads.isStarted);
    await Promise.all(started.map(({ pool }) => pool.stop()));
  }
}

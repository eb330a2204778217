import { marksOf } from '../core/context/request-marks.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import type { WorkerEvent } from '../core/pipeline/worker-events.js';
import type { ThreadEnd } from './thread-end.js';
import type { WorkerCall } from './worker-call.js';
import type { ThreadObserver } from './worker-thread.js';

/** Weight of the newest task in the estimate of how long one takes. */
const WEIGHT = 0.3;

/** What an event says beside its pool and its request. */
type Told = WorkerEvent extends infer Event ? (Event extends WorkerEvent ? Omit<Event, 'pool' | 'route' | 'context'> : never) : never;

/**
 * Tells what happens in a pool: to the log, to the marks of requests, and to whoever listens.
 * @internal
 */
export class PoolReporter {
  /** How long a task takes, as far as is known. */
  taskMs = 0;

  constructor(
    private readonly pool: string,
    private readonly log: LogWriter,
    private readonly events: StageEvents,
  ) {}

  started(threads: number, costMs: number): void {
    this.log.write('INFO', `Worker ${this.pool} ready with ${threads} thread${threads > 1 ? 's' : ''}, cost ${inSeconds(costMs)}`);
  }

  restarted(costMs: number): void {
    this.log.write('INFO', `Worker ${this.pool} has a new thread, cost ${inSeconds(costMs)}`);
  }

  unloaded(): void {
    this.log.write('INFO', `Worker ${this.pool} has nothing to do: its threads are ended until the next task`);
  }

  failed(error: unknown, delayMs: number): void {
    const message = error instanceof Error ? error.message : String(error);
    this.log.write('ERROR', `A thread of the worker ${this.pool} can't start: ${message}; next attempt in ${inSeconds(delayMs)}`);
  }

  ended({ cause, text }: ThreadEnd, delayMs: number): void {
    const next = delayMs === 0 ? 'a new one starts' : `a new one starts in ${inSeconds(delayMs)}`;
    this.log.write('WARNING', `A thread of the worker ${this.pool} ${text}: ${next}`);
    this.tell({ type: 'worker.ended', cause, delayMs });
  }

  waited(contexts: readonly StageContext[], waitedMs: number): void {
    for (const context of contexts) {
      const marks = marksOf(context);
      marks.waitedMs.queue = (marks.waitedMs.queue ?? 0) + waitedMs;
    }
    this.tell({ type: 'worker.waited', waitedMs }, contexts);
  }

  refused(context: StageContext | undefined): void {
    this.tell({ type: 'worker.refused' }, context ? [context] : []);
  }

  /** Of a batch it is nobody's own time. */
  worked(contexts: readonly StageContext[], activeMs: number): void {
    if (contexts.length !== 1) return;
    const marks = marksOf(contexts[0]);
    marks.workerActiveMs = (marks.workerActiveMs ?? 0) + activeMs;
  }

  done(contexts: readonly StageContext[], { outcome = 'error', activeMs }: Pick<WorkerCall, 'outcome' | 'activeMs'>): void {
    if (outcome === 'ok') this.taskMs = this.taskMs === 0 ? activeMs : this.taskMs + WEIGHT * (activeMs - this.taskMs);
    this.tell({ type: 'worker.done', outcome, activeMs }, contexts);
  }

  /** Lines and metrics from inside. */
  hear(message: Parameters<ThreadObserver['hear']>[0]): void {
    if (message.type === 'metric') return this.tell({ type: 'worker.metric', metric: message.metric });
    this.log.write(message.level, message.message, message.logId ?? 'default');
  }

  private tell(told: Told, contexts: readonly StageContext[] = []): void {
    const [context] = contexts.length === 1 ? contexts : [undefined];
    this.events.emit({ ...told, pool: this.pool, route: context?.path ?? '', ...(context && { context }) });
  }
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`;

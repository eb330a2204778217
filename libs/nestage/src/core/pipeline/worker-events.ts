import type { StageEventOrigin } from './stage-event-origin.js';

/** How a task of a worker thread ended: `crashed` with its thread, `aborted` when nobody wanted it any more. @publicApi */
export const WORKER_OUTCOMES = ['ok', 'error', 'aborted', 'crashed'] as const;

/** @see WORKER_OUTCOMES @publicApi */
export type WorkerOutcome = (typeof WORKER_OUTCOMES)[number];

/** Why a worker thread was replaced: it exited, ran out of memory, threw outside of its task, or went on after its signal. @publicApi */
export const WORKER_END_CAUSES = ['exit', 'memory', 'error', 'killed'] as const;

/** @see WORKER_END_CAUSES @publicApi */
export type WorkerEndCause = (typeof WORKER_END_CAUSES)[number];

/** What events of worker threads carry beside the request. @publicApi */
export interface WorkerEventOrigin extends StageEventOrigin {
  /** Name of the pool of threads. */
  readonly pool: string;
}

/** A task got its thread, after `waitedMs`. @publicApi */
export interface WorkerWaitedEvent extends WorkerEventOrigin {
  readonly type: 'worker.waited';
  readonly waitedMs: number;
}

/** A task was refused because too many wait (503 `overloaded`). @publicApi */
export interface WorkerRefusedEvent extends WorkerEventOrigin {
  readonly type: 'worker.refused';
}

/** A task is over, and its thread free again. @publicApi */
export interface WorkerDoneEvent extends WorkerEventOrigin {
  readonly type: 'worker.done';
  readonly outcome: WorkerOutcome;
  /** How long the thread worked on it, by its own clock; of a task that crashed, 0. */
  readonly activeMs: number;
}

/** A thread ended without being told to; another is started after `delayMs`. @publicApi */
export interface WorkerEndedEvent extends WorkerEventOrigin {
  readonly type: 'worker.ended';
  readonly cause: WorkerEndCause;
  readonly delayMs: number;
}

/** One observation of a metric that a worker's class has made. @publicApi */
export interface WorkerObservation {
  readonly kind: 'counter' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly buckets?: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A worker observed a metric of its own. @publicApi */
export interface WorkerMetricEvent extends WorkerEventOrigin {
  readonly type: 'worker.metric';
  readonly metric: WorkerObservation;
}

/** All that worker threads tell. @publicApi */
export type WorkerEvent = WorkerWaitedEvent | WorkerRefusedEvent | WorkerDoneEvent | WorkerEndedEvent | WorkerMetricEvent;

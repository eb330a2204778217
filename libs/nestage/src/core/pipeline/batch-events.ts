import type { AbortCause } from '../context/request-aborted.error.js';
import type { StageEventOrigin } from './stage-event-origin.js';

/** How a batch went: all of its inputs have results, some have failed, or all have. @publicApi */
export const BATCH_OUTCOMES = ['ok', 'partial', 'failed'] as const;

/** @see BATCH_OUTCOMES @publicApi */
export type BatchOutcome = (typeof BATCH_OUTCOMES)[number];

/** The batch of a request begins, after the request waited for it for `waitedMs`. @publicApi */
export interface BatchWaitedEvent extends StageEventOrigin {
  readonly type: 'batch.waited';
  readonly waitedMs: number;
}

/** A request left before its batch began: its signal fired. @publicApi */
export interface BatchLeftEvent extends StageEventOrigin {
  readonly type: 'batch.left';
  readonly cause: AbortCause;
  readonly waitedMs: number;
}

/** A request was refused before it joined a batch: too many wait (503 `overloaded`), or it would be late (504). @publicApi */
export interface BatchRefusedEvent extends StageEventOrigin {
  readonly type: 'batch.refused';
  readonly reason: 'overloaded' | 'deadline';
}

/** A batch is over; it belongs to no single request. @publicApi */
export interface BatchDoneEvent extends StageEventOrigin {
  readonly type: 'batch.done';
  /** Inputs that it began with. */
  readonly items: number;
  /** Calls of `runBatch`: more than one when it had to be split. */
  readonly calls: number;
  readonly outcome: BatchOutcome;
  readonly durationMs: number;
}

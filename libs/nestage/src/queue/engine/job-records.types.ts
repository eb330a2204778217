import type { NewJob } from '../../core/jobs/job.js';

/** What BullMQ is to hand out for a job. @internal */
export interface JobTicket {
  readonly id: string;
  readonly ticket: string;
  readonly queue: string;
  readonly job: NewJob;
  /** Name of a reader who hears of the job from the first on. */
  readonly reader?: string;
}

/** @internal */
export type Creation =
  | { readonly outcome: 'added' | 'late' }
  /** `isWaiting`: it should have a ticket, and has one unless whoever added it was lost on the way. */
  | { readonly outcome: 'known'; readonly ticket: string; readonly isWaiting: boolean }
  | { readonly outcome: 'full'; readonly oldestMs: number };

/** @internal */
export interface CreationLimits {
  /** Jobs that may wait in a queue. */
  readonly most: number;
  /** How long the order may be on its way. */
  readonly withinMs: number;
}

/** A try that has begun. @internal */
export interface BegunTry {
  readonly job: NewJob;
  readonly attempt: number;
}

/** Whoever reads the events of a job. @internal */
export interface EventReader {
  readonly name: string;
  /** Number of the last event that it has seen; `undefined` when the work need not wait for it. */
  readonly seen: number | undefined;
}

/** Some events of a job. @internal */
export interface ReadEvents {
  readonly isOver: boolean;
  /** Number of the last one there is. */
  readonly last: number;
  /** Number of the first of these. */
  readonly first: number;
  readonly events: readonly string[];
}

/** An event as it is told: its type and its data as JSON. @internal */
export type ToldEvent = readonly [type: 'progress' | 'item', data: string];

/** How things stand when events were added. @internal */
export interface Appended {
  /** Number of the last event. */
  readonly last: number;
  /** How far the readers are, by name. */
  readonly readers: ReadonlyMap<string, number>;
}

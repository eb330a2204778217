import type { JobSnapshot } from '../core/jobs/job.js';
import type { KeptReply } from './kept-reply.js';

/** Addresses of jobs, with what the app puts before its paths. @internal */
export interface JobLinks {
  of(id: string): { readonly self: string; readonly result: string; readonly events: string } | undefined;
}

/** A job as clients see it. @publicApi */
export interface JobView {
  readonly id: string;
  readonly state: JobSnapshot['state'];
  /** Method and path of what was asked for. */
  readonly route: string;
  /** Tries begun so far. */
  readonly attempt: number;
  readonly tries: number;
  readonly priority: number;
  /** ISO 8601, as all times here. */
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** From its beginning, or its last try's, to now or its end. */
  readonly runMs?: number;
  readonly progress?: unknown;
  /** Status of the answer, when there is one. */
  readonly status?: number;
  /** Why it is dead; told to operators only. */
  readonly deadBecause?: string;
  readonly logid: string;
  readonly links?: ReturnType<JobLinks['of']>;
}

/** @internal */
export interface JobViewing {
  readonly links: JobLinks;
  readonly isOperator?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** @internal */
export function jobView(job: JobSnapshot, { links, isOperator = false, now = job.finishedAt }: JobViewing): JobView {
  const { id, state, route, attempt, tries, priority = 0, startedAt, finishedAt, progress, deadBecause, logId } = job;
  const status = (job.result as KeptReply | undefined)?.status;
  const time = (at: number): string => new Date(at).toISOString();
  return {
    id,
    state,
    route,
    attempt,
    tries,
    priority,
    createdAt: time(job.createdAt),
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
    ...(startedAt === undefined || now === undefined ? {} : { runMs: Math.max(0, (finishedAt ?? now) - startedAt) }),
    ...(progress === undefined ? {} : { progress }),
    ...(status === undefined ? {} : { status }),
    ...(isOperator && deadBecause !== undefined ? { deadBecause } : {}),
    logid: logId,
    links: links.of(id),
  };
}

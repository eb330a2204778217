import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOptions, fields, integer, object, type OptionCheck, typed } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import { kilobytes } from '../common/size.js';
import type { JobEngine } from '../core/jobs/job-engine.js';
import type { PayloadStore } from '../core/jobs/payload-store.js';
import type { BuiltInRoute } from '../core/options/web-service.options.js';
import type { InProcessJobEngineOptions } from './in-process/in-process-job-engine.js';
import { type JobWebhookOptions, type ResolvedJobWebhookOptions, resolveJobWebhookOptions } from './webhook/job-webhook.options.js';

/** Options of `JobsModule.forRoot()`. @publicApi */
export interface JobsOptions {
  /** Path below which jobs are asked for; `false` for no such routes. @default { path: '/jobs' } */
  readonly route?: BuiltInRoute;
  /** Who keeps the jobs. @default the one that another module provides, such as `nestage/queue`, else the memory of this process */
  readonly engine?: JobEngine;
  /** Bounds of the jobs in memory, where no other engine keeps them. */
  readonly inProcess?: InProcessJobEngineOptions;
  /** Where bytes are kept that are too many for a job. @default the one that another module provides, else files in `folder` */
  readonly store?: PayloadStore;
  /** Folder of those files. @default `nestage-jobs-<user id>` in the system's folder for temporary files */
  readonly folder?: string;
  /** Most bytes of a body or an answer that a job carries itself. @default 16 kB */
  readonly inlineBytes?: number;
  /** Longest time that a client is kept waiting by `Prefer: wait`, in milliseconds. @default 60 000 */
  readonly maxWaitMs?: number;
  /** Longest silence of a stream of events, in milliseconds. @default 15 000 */
  readonly heartbeatMs?: number;
  /** Tells the ends of jobs to others. @default nobody is told */
  readonly webhook?: JobWebhookOptions;
}

/** @internal */
export interface ResolvedJobsOptions {
  readonly path: string | undefined;
  readonly engine: JobEngine | undefined;
  readonly inProcess: InProcessJobEngineOptions;
  readonly store: PayloadStore | undefined;
  readonly folder: string;
  readonly inlineBytes: number;
  readonly maxWaitMs: number;
  readonly heartbeatMs: number;
  readonly webhook: ResolvedJobWebhookOptions | undefined;
}

const PLACE = 'JobsModule.forRoot()';

const CHECKS: Readonly<Record<keyof JobsOptions, OptionCheck>> = {
  route: {
    describe: '{ path } with a leading slash, or false',
    accepts: (value) => value === false || /^\/[^:*?#]+$/.test(String((value as { path?: unknown } | null)?.path)),
  },
  engine: object,
  inProcess: fields({ maxWaiting: integer(1), maxFinished: integer(1), eventsKept: integer(1) }),
  store: object,
  folder: typed('string'),
  inlineBytes: integer(0, kilobytes(256)),
  maxWaitMs: integer(seconds(1)),
  heartbeatMs: integer(1),
  webhook: object,
};

/** @throws OptionError @internal */
export function resolveJobsOptions(given: JobsOptions): ResolvedJobsOptions {
  checkOptions(given, CHECKS, PLACE);
  return {
    path: given.route === false ? undefined : (given.route?.path ?? '/jobs').replace(/\/+$/, ''),
    engine: given.engine,
    inProcess: given.inProcess ?? {},
    store: given.store,
    folder: given.folder ?? join(tmpdir(), `nestage-jobs-${process.getuid?.() ?? 0}`),
    inlineBytes: given.inlineBytes ?? kilobytes(16),
    maxWaitMs: given.maxWaitMs ?? seconds(60),
    heartbeatMs: given.heartbeatMs ?? seconds(15),
    webhook: given.webhook && resolveJobWebhookOptions(given.webhook, PLACE),
  };
}

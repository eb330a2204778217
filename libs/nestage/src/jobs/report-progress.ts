import type { StageContext } from '../core/context/stage-context.js';
import type { JobRun } from '../core/jobs/job-engine.js';

const RUN = Symbol('nestage:job-run');

/** Binds a request to the job that it is a try of. @internal */
export function bindJobRun({ state }: StageContext, run: Pick<JobRun, 'progress'>): void {
  state.set(RUN, run);
}

/**
 * Tells how far the work on a request is, from any stage: shown by `GET /jobs/:id` and as an event. Does nothing for a request that is no job.
 *
 * @param progress from 0 to 1, or anything that is JSON
 * @example
 * ```ts
 * for (const [index, page] of pages.entries()) {
 *   texts.push(await this.model.read(page, context.signal));
 *   reportProgress(context, (index + 1) / pages.length);
 * }
 * ```
 * @publicApi
 */
export function reportProgress({ state }: StageContext, progress: number | string | object): void {
  (state.get(RUN) as Pick<JobRun, 'progress'> | undefined)?.progress(progress);
}

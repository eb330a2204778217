export { type JobsAsyncOptions, JobsModule } from './jobs.module.js';
export type { JobsOptions } from './jobs.options.js';
export type { JobHandlerOptions } from './job-handler.options.js';
export type { JobWebhookOptions } from './webhook/job-webhook.options.js';
export type { JobView } from './job-view.js';
export { reportProgress } from './report-progress.js';
export { InProcessJobEngine, type InProcessJobEngineOptions } from './in-process/in-process-job-engine.js';
export { FileSystemPayloadStore, type FileSystemPayloadStoreOptions } from './payloads/file-system-payload-store.js';
export { type JobBacklog, JobEngine, type JobReading, type JobRun, type JobScope, type JobWork } from '../core/jobs/job-engine.js';
export {
  FINAL_JOB_STATES,
  type JobEvent,
  type JobKind,
  type JobOutcome,
  type JobSnapshot,
  type JobState,
  JobTryError,
  type NewJob,
} from '../core/jobs/job.js';
export { PayloadStore } from '../core/jobs/payload-store.js';

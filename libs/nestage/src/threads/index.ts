export { ThreadsModule } from './threads.module.js';
export { WorkerPools } from './worker-pools.js';
export { type WorkerCallOptions, type WorkerInput, type WorkerOutput, WorkerPool } from './worker-pool.js';
export type { WorkerOptions } from './worker.options.js';
export type { WorkerContext, WorkerSetup, WorkerTask } from './worker/worker-task.js';
export { transfer } from './wire/transfer.js';

import { Module, type Type } from '@nestjs/common';
import { seconds, StageHandler, WebServiceModule } from 'nestage';
import { ThreadsModule } from 'nestage/threads';
import type TaskWorker from './task.worker.js';
import type { Order } from './task.worker.js';

const url = new URL('./task.worker.js', import.meta.url);
const limits = { maxOldGenerationSizeMb: 48 };

/** Whatever a test asks for, by two threads. */
@StageHandler('/tasks', {
  request: false,
  timeoutMs: seconds(30),
  worker: { url, name: 'tasks', threads: 2, killAfterMs: 300, resourceLimits: limits, data: { greeting: 'hello' } },
})
export class TaskHandler {
  declare readonly run: TaskWorker['run'];

  preProcess(order: Order): Order {
    return order;
  }
}

/** One thread, and few that may wait for it. */
@StageHandler('/narrow', { request: false, worker: { url, name: 'narrow', threads: 1, maxQueue: 2, killAfterMs: false } })
export class NarrowHandler {
  declare readonly run: TaskWorker['run'];
}

/** Several at once. */
@StageHandler('/batched', { request: false, batch: { maxSize: 4, maxWaitMs: 10_000 }, worker: { url, name: 'batched', threads: 1 } })
export class BatchedHandler {
  declare readonly run: TaskWorker['run'];
  declare readonly runBatch: TaskWorker['runBatch'];
}

/** Gone when there is nothing to do. */
@StageHandler('/idle', { request: false, worker: { url, name: 'idle', threads: 1, idleUnloadMs: 200 } })
export class IdleHandler {
  declare readonly run: TaskWorker['run'];
}

export const THREAD_HANDLERS: readonly Type[] = [TaskHandler, NarrowHandler, BatchedHandler, IdleHandler];

@Module({
  imports: [WebServiceModule.forRoot({ logging: { file: false } }), ThreadsModule],
  providers: [...THREAD_HANDLERS],
})
export class ThreadsAppModule {}

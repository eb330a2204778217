import { Module } from '@nestjs/common';
import { WorkerPools } from './worker-pools.js';
import { WorkerRunners } from './worker-runners.js';

/**
 * Worker threads: the option `worker` of handlers, and `WorkerPools` for everything else. Imported beside `WebServiceModule`; needs the
 * package piscina.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), ThreadsModule], providers: [OcrHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({ providers: [WorkerPools, WorkerRunners], exports: [WorkerPools] })
export class ThreadsModule {}

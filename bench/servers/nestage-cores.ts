// Work that keeps a core busy: in the main thread of WORKERS processes, or in THREADS threads of one.
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';
import { ThreadsModule } from 'nestage/threads';
import { work } from './cpu-work.js';
import { EchoRequest, EchoResponse } from './echo.dto.js';
import { adapter } from './environment.js';
import type WorkWorker from './work.worker.js';

const DTOS = { request: EchoRequest, response: EchoResponse };
const threads = Number(process.env['THREADS'] ?? 1);

@StageHandler('/work', DTOS)
class WorkHandler {
  run({ message }: EchoRequest): EchoResponse {
    return { response: work(message) };
  }
}

@StageHandler('/threads', { ...DTOS, worker: { url: new URL('./work.worker.js', import.meta.url), threads } })
class ThreadHandler {
  declare readonly run: WorkWorker['run'];
}

@Module({ imports: [WebServiceModule.forRoot({ service: 'bench' }), ThreadsModule], providers: [WorkHandler, ThreadHandler] })
class AppModule {}

await startWebService(AppModule, { adapter });

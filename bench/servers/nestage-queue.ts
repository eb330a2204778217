// The echo, done by a worker over Redis: REDIS_URL, and QUEUE_ROLE web or worker.
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';
import { QueueModule } from 'nestage/queue';
import { EchoRequest, EchoResponse } from './echo.dto.js';
import { adapter } from './environment.js';

@StageHandler('/queued', { request: EchoRequest, response: EchoResponse, execution: 'queue', concurrency: 2000 })
class QueuedHandler {
  run({ message }: EchoRequest): EchoResponse {
    return { response: message };
  }
}

@Module({
  imports: [WebServiceModule.forRoot({ service: 'bench' }), QueueModule.forRoot({ concurrency: 32, maxBacklog: 0, lockMs: 3000 })],
  providers: [QueuedHandler],
})
class AppModule {}

await startWebService(AppModule, { adapter });

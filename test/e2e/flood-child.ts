import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';

@StageHandler('/flooded', { request: false, concurrency: 4, queue: 8 })
class FloodedHandler {
  async run(): Promise<object> {
    await sleep(5);
    return { done: true };
  }
}

@Module({
  imports: [WebServiceModule.forRoot({ logging: { level: 'WARNING', console: false, file: false } })],
  providers: [FloodedHandler],
})
class ChildModule {}

const app = await startWebService(ChildModule, { adapter: process.env['ADAPTER'] === 'fastify' ? 'fastify' : 'express' });
process.stdout.write(`is ready on ${await app.getUrl()}\n`);

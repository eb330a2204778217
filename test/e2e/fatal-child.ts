import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { FatalError, StageHandler, startWebService, WebServiceModule, type WebServiceOptions } from 'nestage';

@StageHandler('/work', { request: false })
class WorkHandler {
  async run({ ms }: { ms?: number }): Promise<object> {
    if (ms === undefined) throw new FatalError('the device is lost');
    await sleep(ms);
    return { waited: ms };
  }
}

@Module({ imports: [WebServiceModule.forRoot(JSON.parse(process.argv[2] ?? '{}') as WebServiceOptions)], providers: [WorkHandler] })
class ChildModule {}

await startWebService(ChildModule);

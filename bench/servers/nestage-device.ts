// A model on a device that takes 20 ms a call: gathered into batches, one by one, and guarded by admission.
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';
import { BATCH_SIZE, Device, LANES } from './device.js';
import { EchoRequest, EchoResponse } from './echo.dto.js';
import { adapter } from './environment.js';

const DTOS = { request: EchoRequest, response: EchoResponse };
const single = new Device(1);
const lanes = new Device(LANES);
const answer = ({ message }: EchoRequest): EchoResponse => ({ response: message });

@StageHandler('/batched', { ...DTOS, batch: { maxSize: BATCH_SIZE, maxWaitMs: 10 } })
@StageHandler('/single', { ...DTOS, concurrency: 1 })
class BatchedHandler {
  async run(request: EchoRequest): Promise<EchoResponse> {
    return answer(await single.call(request));
  }

  async runBatch(requests: readonly EchoRequest[]): Promise<EchoResponse[]> {
    return (await single.call(requests)).map(answer);
  }
}

@StageHandler('/limited', { ...DTOS, concurrency: LANES, queue: 4 * LANES, timeoutMs: 500 })
class LimitedHandler {
  async run(request: EchoRequest): Promise<EchoResponse> {
    return answer(await lanes.call(request));
  }
}

@Module({ imports: [WebServiceModule.forRoot({ service: 'bench' })], providers: [BatchedHandler, LimitedHandler] })
class AppModule {}

await startWebService(AppModule, { adapter });

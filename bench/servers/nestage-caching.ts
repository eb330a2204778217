// Requests that are alike: with and without a cache in front of a cheap `run`, and with and without sharing a `run` that takes 20 ms.
import { Module } from '@nestjs/common';
import { minutes, StageHandler, startWebService, WebServiceModule } from 'nestage';
import { Device, LANES } from './device.js';
import { EchoRequest, EchoResponse } from './echo.dto.js';
import { adapter } from './environment.js';

const DTOS = { request: EchoRequest, response: EchoResponse };
const device = new Device(LANES);

@StageHandler('/plain', DTOS)
@StageHandler('/cached', { ...DTOS, cache: { ttlMs: minutes(10) } })
class CheapHandler {
  run({ message }: EchoRequest): EchoResponse {
    return { response: message };
  }
}

@StageHandler('/slow', DTOS)
@StageHandler('/slow/shared', { ...DTOS, coalesce: true })
class SlowHandler {
  async run({ message }: EchoRequest): Promise<EchoResponse> {
    return { response: await device.call(message) };
  }
}

@Module({ imports: [WebServiceModule.forRoot({ service: 'bench' })], providers: [CheapHandler, SlowHandler] })
class AppModule {}

await startWebService(AppModule, { adapter });

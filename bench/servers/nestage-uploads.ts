import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { megabytes, StageHandler, startWebService, WebServiceModule } from 'nestage';
import { type FileRequest, images } from 'nestage/uploads';
import { adapter } from './environment.js';

/** Holds each file for a moment, as a model that works on it would. */
@StageHandler('/memory', { upload: images({ maxBytes: megabytes(21), memoryBytes: megabytes(21) }) })
class MemoryHandler {
  async run({ file }: FileRequest) {
    await sleep(300);
    return { size: file.size };
  }
}

@StageHandler('/disk', { upload: images({ maxBytes: megabytes(21) }) })
class DiskHandler extends MemoryHandler {}

@Module({
  imports: [
    WebServiceModule.forRoot({
      maxBodyBytesInFlight: Number(process.env['BUDGET']),
      temporaryFolder: process.env['FOLDER'],
    }),
  ],
  providers: [MemoryHandler, DiskHandler],
})
class UploadsModule {}

await startWebService(UploadsModule, { adapter });

import { ThreadsModule } from 'nestage/threads';
import { ADAPTERS, startTestService } from '../support/test-service.js';
import { describeThreads } from '../support/threads/thread-cases.js';
import { THREAD_HANDLERS } from '../support/threads/threads-app.js';

for (const adapter of ADAPTERS) {
  describeThreads(`worker threads on ${adapter}, from TypeScript under jest`, async () => {
    const { url, log, close } = await startTestService({ adapter, imports: [ThreadsModule], providers: [...THREAD_HANDLERS] });
    return { url, stop: close, log: () => log.records.map(({ logId, message }) => `${logId} ${message}`).join('\n') };
  });
}

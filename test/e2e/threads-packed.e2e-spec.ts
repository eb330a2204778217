import { join } from 'node:path';
import { packApp, type PackedApp } from '../support/packed-library.js';
import { spawnService } from '../support/spawned-service.js';
import { ADAPTERS } from '../support/test-service.js';
import { describeThreads } from '../support/threads/thread-cases.js';

const sources = ['main.ts', 'threads-app.ts', 'task.worker.ts'].map((name) => join(import.meta.dirname, '../support/threads', name));
let app: PackedApp;

beforeAll(() => {
  app = packApp(sources);
});
afterAll(() => app?.remove());

for (const adapter of ADAPTERS) {
  describeThreads(`worker threads on ${adapter}, compiled, with the packed library`, async () => {
    const { url, output, stop } = await spawnService(join(app.folder, 'main.js'), { ADAPTER: adapter });
    let stopped: Promise<void> | undefined;
    const stopWell = async (): Promise<void> => expect(await stop()).toBe(0);
    return { url, log: output, stop: () => (stopped ??= stopWell()) };
  });
}

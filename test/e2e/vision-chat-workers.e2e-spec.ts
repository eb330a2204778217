import { readFile } from 'node:fs/promises';
import { availableCpus } from 'nestage';
import { plainRequest } from '../support/plain-client.js';
import { parseScrape } from '../support/scrape.js';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';
import { until } from '../support/until.js';
import { chatOf, imagePart } from '../support/vision-chat-service.js';

const main = new URL('../../apps/vision-chat/src/main.ts', import.meta.url).pathname;

describe('vision-chat as two processes', () => {
  let service: SpawnedService;

  beforeAll(async () => {
    service = await spawnService(main, { WORKERS: '2', ADAPTER: 'fastify' });
    await until(() => service.output().includes('All 2 workers are ready'));
  });
  afterAll(() => service.stop());

  it('reads pictures in both, each with its share of the threads, and ends with code 0', async () => {
    const invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
    const chat = chatOf(imagePart(invoice));
    const readers = (): Set<string> =>
      new Set([...service.output().matchAll(/\[pid:(\d+)\].*Request finished: POST \/v1\/chat\/completions 200/g)].map(([, pid]) => pid));
    while (readers().size < 2) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => plainRequest(`${service.url}/v1/chat/completions`, chat)));
      for (const { status, text } of answers) {
        expect(status).toBe(200);
        expect(text).toContain('INVOICE No.2024-0117');
      }
    }
    const samples = parseScrape((await plainRequest(`${service.url}/metrics`)).text);
    const sumOf = (name: string): number => samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
    expect(sumOf('nestage_processes')).toBe(2);
    // one a CPU of its share but one, at least one
    expect(sumOf('nestage_worker_threads')).toBe(2 * Math.max(1, Math.floor(availableCpus() / 2) - 1));
    expect(await service.stop()).toBe(0);
  });
});

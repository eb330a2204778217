import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';

const APP = join(import.meta.dirname, '../../apps/vision-chat');

describe('vision-chat as a web process and a worker', () => {
  let redis: RedisServer;
  const services: SpawnedService[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    for (const role of ['web', 'worker']) {
      services.push(await spawnService(join(APP, 'src/main.ts'), { REDIS_URL: redis.url, QUEUE_ROLE: role, OCR_THREADS: '1' }));
    }
  });
  afterAll(async () => {
    for (const service of services) await service.stop();
    await redis.stop();
  });

  it('reads a picture on the worker, for a chat and for a form; the web process has no model', async () => {
    const [web, worker] = services;
    const picture = readFileSync(join(APP, 'samples/invoice.png'));
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${picture.toString('base64')}` } };
    const chat = await fetch(`${web.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', logid: 'picture-1' },
      body: JSON.stringify({ model: 'pp-ocrv4', messages: [{ role: 'user', content: [image] }] }),
    });
    const { choices } = (await chat.json()) as { choices: { message: { content: string } }[] };
    expect([chat.status, choices[0].message.content]).toEqual([200, expect.stringMatching(/invoice/i)]);
    const form = new FormData();
    form.set('file', new Blob([picture], { type: 'image/png' }), 'invoice.png');
    const document = await fetch(`${web.url}/v1/documents/recognize`, { method: 'POST', body: form });
    expect([document.status, ((await document.json()) as { text: string }).text]).toEqual([200, expect.stringMatching(/invoice/i)]);
    expect(web.output()).toContain('Left model OcrModel to other processes');
    expect(worker.output()).toContain('Initialized model OcrModel');
    for (const { output } of services) expect(output()).toContain('picture-1');
  });
});

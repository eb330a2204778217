import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { send } from '../support/raw-http.js';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';
import { until } from '../support/until.js';
import { chatOf, imagePart } from '../support/vision-chat-service.js';

const main = new URL('../../apps/vision-chat/src/main.ts', import.meta.url).pathname;

describe.each(['express', 'fastify'])('vision-chat as a process of its own on %s', (ADAPTER) => {
  let service: SpawnedService;
  let chat: string;

  beforeAll(async () => {
    const invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
    chat = JSON.stringify(chatOf(...Array.from({ length: 200 }, () => imagePart(invoice))));
    service = await spawnService(main, { ADAPTER });
  });
  afterAll(() => service.stop());

  it("answers another method with the one that is allowed, in OpenAI's envelope", async () => {
    const { status, headers, json } = await send(service.url, { method: 'GET', path: '/v1/chat/completions' });
    expect([status, headers['allow']]).toEqual([405, 'POST']);
    expect(json).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'method_not_allowed' },
    });
  });

  it('lives on when clients leave in the middle of readings', async () => {
    for (const leaveAfterMs of [30, 90, 170, 260]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), leaveAfterMs);
      const headers = { 'content-type': 'application/json' };
      const left = fetch(`${service.url}/v1/chat/completions`, { method: 'POST', body: chat, headers, signal: controller.signal });
      await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    }
    expect((await send(service.url, { method: 'GET', path: '/health/live' })).status).toBe(200);
    await until(() => service.output().split('aborted (client_closed)').length > 4);
  });

  it('ends with code 0 at SIGTERM, though a client leaves a reading and another holds a silent connection', async () => {
    const { port, hostname } = new URL(service.url);
    const silent = connect(Number(port), hostname);
    await once(silent, 'connect');
    const leaving = connect(Number(port), hostname);
    leaving.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${chat.length}\r\n\r\n${chat}`,
    );
    await until(() => service.output().split('Pre processed').length > 5);
    setTimeout(() => leaving.destroy(), 100);
    const startedAt = Date.now();
    expect(await service.stop()).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(25_000); // held by either, it would end by the grace of 30 s
    silent.destroy();
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceProcess } from '../support/service-process.js';

const main = new URL('../../apps/vision-chat/src/main.ts', import.meta.url).pathname;
const PREFIX = 'Web service can not start: ';

describe('the start of vision-chat', () => {
  const started: ServiceProcess[] = [];
  afterEach(() => Promise.all(started.splice(0).map((service) => service.remove())));

  function start(env: NodeJS.ProcessEnv): ServiceProcess {
    const service = new ServiceProcess({ main, env });
    started.push(service);
    return service;
  }

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ OCR_THREADS: '0' }, '"OCR_THREADS" must be an integer from 1 to 256, got "0" (set it in the environment). See README.md'],
    [
      { OCR_THREADS: '0', WORKERS: '2' },
      '"OCR_THREADS" must be an integer from 1 to 256, got "0" (set it in the environment). See README.md',
    ],
    [
      { UPSTREAM_MODEL: 'x' },
      '"UPSTREAM_BASE_URL" is missing: UPSTREAM_MODEL means nothing without it (set it in the environment). See README.md',
    ],
    [
      { REMOTE_IMAGES: '*' },
      '"REMOTE_IMAGES" must be host names separated by commas, such as "images.example.com,*.example.org", got "*" (set it in the ' +
        'environment). See README.md',
    ],
    [
      { ADAPTER: 'koa' },
      '"adapter" must be one of "express", "fastify" or an object, got "koa" (set it in startWebService()). See docs/02-lifecycle.md',
    ],
  ])('fails in one line, on the console and in the log: %j', async (env, sentence) => {
    const service = start(env);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log('.wf').map((line) => line.replace(/^(?:\[[^\]]*\] ){7}/, ''))).toEqual([PREFIX + sentence]);
    expect(service.output.split(PREFIX)).toHaveLength(2);
    expect(service.output).not.toMatch(/\n\s+at |Node\.js v/);
  });

  it('goes on without its upstream server, says so in one line, and calls itself degraded until that is there', async () => {
    const upstream = createServer((_, response) => response.end('{"data":[{"id":"qwen-vl"}]}'));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    const close = (): Promise<unknown> => new Promise((resolve) => upstream.close(resolve));
    await close();
    const service = start({ UPSTREAM_BASE_URL: `http://127.0.0.1:${port}/v1`, UPSTREAM_MODEL: 'qwen-vl', OCR_THREADS: '1' });
    const url = await service.ready();
    const lines = service.output.split('\n').filter((line) => line.includes('upstream server'));
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          `\\[level:WARNING\\].*The upstream server http://127\\.0\\.0\\.1:${port}/v1 can not be reached \\(ECONNREFUSED\\): start it, `,
        ),
      ),
    ]);
    const health = async (): Promise<unknown> => ((await (await fetch(`${url}/health`)).json()) as { status: unknown }).status;
    expect(await health()).toBe('degraded');
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve));
    try {
      while ((await health()) !== 'healthy') await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      upstream.closeAllConnections();
      await close();
    }
  });
});

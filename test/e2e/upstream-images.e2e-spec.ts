import { readFile } from 'node:fs/promises';
import { megabytes } from 'nestage';
import { RemoteImages } from '../../apps/vision-chat/src/chat/remote-images.js';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { UpstreamAppModule } from '../../apps/vision-chat/src/upstream/upstream-app.module.js';
import { VisionLanguageModel } from '../../apps/vision-chat/src/upstream/vision-language-model.js';
import { type ImageHost, startImageHost } from '../support/image-host.js';
import { ADAPTERS, type AdapterName, startTestService, type TestService } from '../support/test-service.js';
import { imagePart, textPart } from '../support/vision-chat-service.js';
import { startVisionLanguageServer, type VisionLanguageServer } from '../support/vision-language-server.js';

const FIELD = 'messages[0].content[0].image_url.url';
const INLINE = 'data:image/png;base64,iVBORw0KGgo=';

let upstream: VisionLanguageServer;
let host: ImageHost;
let invoice: Buffer;

beforeAll(async () => {
  upstream = await startVisionLanguageServer();
  host = await startImageHost();
  invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
});
/** Whatever these tests send: no address has ever come to the upstream server. */
afterAll(async () => {
  await upstream.close();
  await host.close();
  expect(upstream.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(upstream.requests.map(({ body }) => body))).not.toMatch(/https?:|ftp:|file:|\/\/images\.test/);
});
beforeEach(() => host.serve(invoice));

const startUpstream = (adapter: AdapterName, images?: RemoteImages, isEmbeddedFallback = false): Promise<TestService> =>
  startTestService({
    adapter,
    root: UpstreamAppModule.of({ baseUrl: upstream.baseUrl, apiKey: 'k', model: 'qwen-vl', isEmbeddedFallback }, readAppEnvironment({}), {
      retry: { attempts: 2, baseMs: 1 },
    }),
    override: (builder) => (images ? builder.overrideProvider(RemoteImages).useValue(images) : builder),
  });

interface Answer {
  readonly status: number;
  readonly body: {
    readonly error?: { message: string; param: string; code: string };
    readonly choices: { message: { content: string } }[];
  };
}

async function ask(service: TestService, parts: readonly object[], more: object = {}, path = '/v1/chat/completions'): Promise<Answer> {
  const response = await service.post(path, { messages: [{ role: 'user', content: parts }], ...more });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

describe.each(ADAPTERS)('pictures by address with an upstream model on %s', (adapter) => {
  describe('without REMOTE_IMAGES', () => {
    let service: TestService;
    beforeAll(async () => {
      service = await startUpstream(adapter);
    });
    afterAll(() => service.close());

    it.each([
      'https://images.example.com/a.png',
      'http://169.254.169.254/latest/meta-data',
      'HTTPS://images.example.com/a.png',
      ' https://images.example.com/a.png',
      '//images.test/a.png',
      'ftp://images.test/a.png',
      'file:///etc/passwd',
      'data:image/png,raw',
      'data:image/png;base64,?',
    ])('refuses %j as the embedded model does, without a call', async (url) => {
      const before = upstream.requests.length;
      const refused = await ask(service, [imagePart(url)]);
      const embedded = await ask(service, [imagePart(url)], {}, '/v1/embedded/chat/completions');
      expect(refused).toEqual(embedded);
      expect([refused.status, refused.body.error]).toEqual([400, expect.objectContaining({ param: FIELD, code: 'invalid_request' })]);
      expect(await ask(service, [imagePart(url)], { stream: true })).toEqual(refused);
      expect(upstream.requests.length).toBe(before);
    });

    it('refuses one in any message', async () => {
      const content = [imagePart('https://images.example.com/a.png')];
      const messages = [
        { role: 'user', content: 'look' },
        { role: 'assistant', content },
        { role: 'user', content: 'and?' },
      ];
      const refused = await service.post('/v1/chat/completions', { messages });
      expect([refused.status, ((await refused.json()) as Answer['body']).error?.param]).toEqual([
        400,
        'messages[1].content[0].image_url.url',
      ]);
    });

    it.each([
      [{ type: 'input_audio', input_audio: { data: 'https://a.example/a.wav', format: 'wav' } }, 'messages[0].content[0].input_audio'],
      [{ type: 'file', file: { file_data: 'https://a.example/a.pdf', filename: 'a.pdf' } }, 'messages[0].content[0].file'],
      [{ type: 'file', file: { file_id: 'file:///etc/passwd' } }, 'messages[0].content[0].file'],
      [{ type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } }, 'messages[0].content[0].type'],
      [{ type: 'image', image: 'https://a.example/a.png' }, 'messages[0].content[0].type'],
      [{ type: 'constructor' }, 'messages[0].content[0].type'],
    ])('refuses the part %j', async (part, param) => {
      const before = upstream.requests.length;
      const { status, body } = await ask(service, [part]);
      expect([status, body.error?.param, upstream.requests.length - before]).toEqual([400, param, 0]);
    });

    it('drops an address that stands where no server should look', async () => {
      const stray = { ...textPart('hello'), image_url: { url: 'https://a.example/a.png' }, video_url: 'https://a.example/a.mp4' };
      const inline = { ...imagePart(INLINE), input_audio: { data: 'https://a.example/a.wav' } };
      expect((await ask(service, [stray, inline])).status).toBe(200);
      expect(upstream.requests.at(-1)?.body.messages).toEqual([{ role: 'user', content: [textPart('hello'), imagePart(INLINE)] }]);
    });

    it('hands pictures on that are in the request itself', async () => {
      const detailed = { type: 'image_url', image_url: { url: INLINE, detail: 'high' } };
      expect((await ask(service, [detailed, textPart('What?')])).status).toBe(200);
      expect(upstream.requests.at(-1)?.body.messages[0].content[0]).toEqual(detailed);
    });
  });

  describe('with REMOTE_IMAGES', () => {
    let service: TestService;
    beforeAll(async () => {
      service = await startUpstream(adapter, host.images, true);
    });
    afterAll(() => service.close());

    it('fetches them, once for all choices, and sends what they are by their bytes', async () => {
      const before = host.asked.length;
      const part = { type: 'image_url', image_url: { url: `${host.url}/once-${adapter}.jpg`, detail: 'low' } };
      const { status, body } = await ask(service, [part, imagePart(INLINE), textPart('What?')], { n: 3 });
      expect([status, body.choices.map(({ message }) => message.content)]).toEqual([
        200,
        Array(3).fill('I see 2 images. 您问: What? 🧾 thank you'),
      ]);
      expect(host.asked.slice(before)).toEqual([`/once-${adapter}.jpg`]);
      for (const seen of upstream.requests.slice(-3))
        expect(seen.body.messages[0].content).toEqual([
          { type: 'image_url', image_url: { ...imagePart(invoice).image_url, detail: 'low' } },
          imagePart(INLINE),
          textPart('What?'),
        ]);
    });

    it('does not fetch them again when the call is tried again', async () => {
      upstream.misbehave({ kind: 'status', status: 500 });
      const before = [host.asked.length, upstream.requests.length];
      expect((await ask(service, [imagePart(`${host.url}/a.png`)])).status).toBe(200);
      expect([host.asked.length - before[0], upstream.requests.length - before[1]]).toEqual([1, 2]);
    });

    it.each([
      ['another host', () => 'https://other.test/a.png', 400, 'remote_file_refused'],
      ['an address within the network', () => host.url.replace('images.test', 'private.test'), 400, 'remote_file_refused'],
      ['a redirect to another host', () => `${host.url}/away`, 400, 'remote_file_refused'],
      ['what is no picture', () => `${host.url}/text`, 415, 'unsupported_file'],
      ['a picture that is too large', () => `${host.url}/large`, 413, 'file_too_large'],
    ])('refuses %s in its own words, without a call and without the embedded model', async (name, url, status, code) => {
      if (name === 'what is no picture') host.serve(Buffer.from('<html>not a picture</html>'));
      if (name === 'a picture that is too large') host.serve(Buffer.concat([invoice, Buffer.alloc(megabytes(10))]));
      const before = upstream.requests.length;
      for (const stream of [false, true]) {
        const { status: told, body } = await ask(service, [imagePart(url())], { stream });
        expect([told, body.error?.code, body.error?.param]).toEqual([status, code, FIELD]);
      }
      expect(upstream.requests.length).toBe(before);
    });

    it('bounds what all pictures of a request are together', async () => {
      host.serve(Buffer.concat([invoice, Buffer.alloc(megabytes(9))]));
      const pictures = ['a', 'b', 'c'].map((name) => imagePart(`${host.url}/${name}`));
      const { status, body } = await ask(service, pictures);
      expect([status, body.error?.code, body.error?.param]).toEqual([413, 'file_too_large', 'messages[0].content[2].image_url.url']);
    });

    it('has the embedded model fetch them itself when it answers', async () => {
      upstream.misbehave({ kind: 'status', status: 500 }, { kind: 'status', status: 500 });
      const { body } = await ask(service, [imagePart(`${host.url}/a.png`)]);
      expect(body.choices[0].message.content).toContain('2024-0117');
    });
  });
});

describe('VisionLanguageModel.chat', () => {
  const model = (images?: RemoteImages): VisionLanguageModel =>
    new VisionLanguageModel({ baseUrl: upstream.baseUrl, model: 'qwen-vl' }, images);

  it.each(['image', 'image_url'] as const)('fetches an allowed address of kind %s, and refuses any other', async (imageType) => {
    const url = `${host.url}/a.png`;
    const picture = imagePart(invoice).image_url;
    for (const [image, sent] of [
      [url, picture.url],
      [{ url }, picture],
    ] as const) {
      await model(host.images).chat(image, 'What?', { imageType });
      expect(upstream.requests.at(-1)?.body.messages[0].content[0]).toEqual({ type: imageType, [imageType]: sent });
      const before = upstream.requests.length;
      await expect(model().chat(image, 'What?', { imageType })).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('remote addresses are not fetched'),
      });
      await expect(model(host.images).chat({ url: 'https://other.test/' }, 'What?', { imageType })).rejects.toMatchObject({
        code: 'remote_file_refused',
        fields: [{ field: 'image.url' }],
      });
      expect(upstream.requests.length).toBe(before);
    }
  });
});

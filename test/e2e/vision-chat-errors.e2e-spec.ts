import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { WebService } from 'nestage';
import { heicHead, pngClaiming, svgWithEntity } from '../support/hostile-images.js';
import { type RawReply, send } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { chatOf, eventsOf, imagePart, startVisionChat, textPart } from '../support/vision-chat-service.js';

const PATH = '/v1/chat/completions';
const URL_PARAM = 'messages[0].content[0].image_url.url';
const MAX_BYTES = 20 * 1024 * 1024;

/** What a request is refused with: status, code, param, and words of the message. */
type Refusal = readonly [status: number, code: string, param: string | null, words: RegExp];

const unsupported = (words: RegExp): Refusal => [415, 'unsupported_file', URL_PARAM, words];
const badUrl = (words: RegExp): Refusal => [400, 'invalid_request', URL_PARAM, words];

let invoice: Buffer;
let services: Record<(typeof ADAPTERS)[number], TestService>;

beforeAll(async () => {
  invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
  const [express, fastify] = await Promise.all(ADAPTERS.map(startVisionChat));
  services = { express, fastify };
});
afterAll(() => Promise.all(Object.values(services).map(({ close }) => close())));

/** The same request to both adapters. */
function both(body: unknown, headers: Record<string, string> = {}): Promise<RawReply[]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Promise.all(
    ADAPTERS.map((adapter) =>
      send(services[adapter].url, { path: PATH, body: text, headers: { 'content-type': 'application/json', ...headers } }),
    ),
  );
}

async function expectRefusal(body: unknown, [status, code, param, words]: Refusal, headers?: Record<string, string>): Promise<void> {
  for (const reply of await both(body, headers)) {
    expect(reply.json).toEqual({ error: { message: expect.stringMatching(words), type: 'invalid_request_error', param, code } });
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.headers['logid']).toMatch(/^\d{19}$/);
    expect(reply.headers['x-request-id']).toBe(reply.headers['logid']);
  }
}

describe('a picture that can not be read is refused:', () => {
  it.each<[string, () => Buffer, Refusal]>([
    ['without a byte', () => Buffer.alloc(0), [400, 'empty_file', URL_PARAM, /no bytes/]],
    ['cut off', () => invoice.subarray(0, 5000), [422, 'corrupt_file', URL_PARAM, /corrupt or incomplete/]],
    ['cut off within its header', () => invoice.subarray(0, 20), [422, 'corrupt_file', URL_PARAM, /corrupt or incomplete/]],
    ['SVG under the name of PNG', () => svgWithEntity, unsupported(/SVG.*PNG or JPEG/)],
    ['HEIC', () => heicHead, unsupported(/HEIC.*iPhone.*Convert the photo to JPEG/)],
    ['BMP', () => Buffer.from('BM\x36\0\0\0\0\0\0\0', 'latin1'), unsupported(/BMP.*PNG/)],
    ['PDF', () => Buffer.from('%PDF-1.7\n'), unsupported(/PDF.*page.*PNG or JPEG/)],
    ['a text', () => Buffer.from('hello, I am a picture'), unsupported(/Send JPEG, PNG, WebP, GIF, TIFF or AVIF/)],
    ['a pixel bomb', () => pngClaiming(50_000, 50_000), [413, 'file_too_large', URL_PARAM, /at most 40 megapixels/]],
    ['an endless strip', () => pngClaiming(100_000, 10), [413, 'file_too_large', URL_PARAM, /16384 pixels a side/]],
  ])('%s', async (_name, bytes, refusal) => {
    const request = chatOf(imagePart(bytes()));
    await expectRefusal(request, refusal);
    await expectRefusal({ ...request, stream: true }, refusal); // before the first item, a stream's error is an ordinary one
  });

  it('names which one of several it is', async () => {
    const small = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const request = chatOf(imagePart(small), textPart('and'), imagePart(invoice.subarray(0, 5000)));
    await expectRefusal(request, [422, 'corrupt_file', 'messages[0].content[2].image_url.url', /corrupt or incomplete/]);
  });

  it('in the middle of a stream by an event with the error, after which nothing comes', async () => {
    const request = { ...chatOf(imagePart(invoice), imagePart(invoice.subarray(0, 5000))), stream: true };
    for (const { status, text } of await both(request)) {
      const events = eventsOf(text).map((event) => JSON.parse(event));
      expect(status).toBe(200);
      expect(events).toHaveLength(2);
      expect(events[0].choices[0].delta.content).toContain('2024-0117');
      expect(events[1]).toEqual({
        error: {
          message: 'The image is corrupt or incomplete and cannot be decoded.',
          type: 'invalid_request_error',
          param: 'messages[0].content[1].image_url.url',
          code: 'corrupt_file',
        },
      });
    }
  });
});

describe('an address that holds no picture is refused:', () => {
  it.each<[string, string, Refusal]>([
    ['of the web', 'https://example.com/invoice.png', badUrl(/as a data URL.*remote addresses are not fetched/)],
    ['of this machine', 'http://127.0.0.1:8000/health', badUrl(/remote addresses are not fetched/)],
    ['of a file', 'file:///etc/hosts', badUrl(/must be a data URL such as data:image\/png;base64,/)],
    ['bare base64', 'iVBORw0KGgo=', badUrl(/must be a data URL/)],
    ['nothing', '', badUrl(/must be a data URL/)],
    ['a data URL without data', 'data:image/png;base64', badUrl(/must be a data URL/)],
    ['a data URL of text', 'data:image/svg+xml,%3Csvg/%3E', badUrl(/in base64/)],
    ['base64 with other characters', 'data:image/png;base64,iVBORw0K*Ggo=', badUrl(/broken base64/)],
    ['base64 of an impossible length', 'data:image/png;base64,iVBOR', badUrl(/broken base64/)],
    ['a data URL without a byte', 'data:image/png;base64,', [400, 'empty_file', URL_PARAM, /no bytes/]],
  ])('%s', (_name, url, refusal) => expectRefusal(chatOf(imagePart(url)), refusal));
});

describe('a request that is none is refused:', () => {
  const image = imagePart('data:image/png;base64,AAAA');
  it.each<[string, unknown, Refusal]>([
    [
      'words alone',
      { messages: [{ role: 'user', content: 'Hello' }] },
      [400, 'invalid_request', 'messages', /does not chat.*image_url.*language model/],
    ],
    [
      'another part',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      [400, 'invalid_request', 'messages', /"image_url"/],
    ],
    ['an unknown model', { ...chatOf(image), model: 'gpt-4o' }, [404, 'model_not_found', null, /'gpt-4o' does not exist. Use pp-ocrv4/]],
    ['no messages', {}, [400, 'invalid_request', 'messages', /messages/]],
    ['no message', { messages: [] }, [400, 'invalid_request', 'messages', /not be empty/]],
    ['a message of null', { messages: [null] }, [400, 'invalid_request', 'messages[0]', /messages\[0\]/]],
    ['an unknown role', { messages: [{ role: 'bob', content: 'x' }] }, [400, 'invalid_request', 'messages[0].role', /user, assistant/]],
    ['a content of numbers', { messages: [{ role: 'user', content: 3 }] }, [400, 'invalid_request', 'messages[0].content', /content/]],
    [
      'an image without its object',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }] }] },
      [400, 'invalid_request', 'messages[0].content[0].image_url', /must be an object/],
    ],
    ['a stream of words', { ...chatOf(image), stream: 'true' }, [400, 'invalid_request', 'stream', /boolean/]],
    ['a list', [], [400, 'invalid_request', null, /must be an object/]],
    ['broken JSON', '{"messages": [', [400, 'invalid_json', null, /not valid JSON/]],
    ['nothing', '', [400, 'empty_body', null, /empty/]],
  ])('%s', (_name, body, refusal) => expectRefusal(body, refusal));

  it('another content type', () =>
    expectRefusal('a=b', [415, 'unsupported_media_type', null, /application\/json/], { 'content-type': 'text/plain' }));

  it('a body over its limit', async () => {
    const body = JSON.stringify(chatOf(imagePart(`data:image/png;base64,${'A'.repeat(MAX_BYTES)}`)));
    await expectRefusal(body, [413, 'body_too_large', null, /longer than 20971520 bytes/]);
  });
});

it.each(ADAPTERS)('lets a client that is still sending a body over its limit come to the refusal on %s', async (adapter) => {
  const body = 'A'.repeat(MAX_BYTES + 1_000_000);
  const statuses = new Set<number>();
  for (let time = 0; time < 8; time++) statuses.add((await services[adapter].post(PATH, body)).status);
  for (let time = 0; time < 8; time++) {
    const stream = new Blob([body]).stream(); // sent without a declared length
    statuses.add((await services[adapter].post(PATH, undefined, { body: stream, duplex: 'half' })).status);
  }
  expect([...statuses]).toEqual([413]);
});

it('serves a body just within its limit', async () => {
  const request = chatOf(imagePart(Buffer.concat([invoice, Buffer.alloc(15_600_000)]))); // decoders stop at a PNG's end
  expect(JSON.stringify(request).length).toBeGreaterThan(0.99 * MAX_BYTES);
  const replies = await both(request);
  const errors = ADAPTERS.flatMap((adapter) => services[adapter].log.records.filter(({ level }) => level === 'ERROR'));
  expect(errors.slice(-4)).toEqual([]); // says why, should a reply be none
  for (const { status, text } of replies) expect([status, text.includes('2024-0117')]).toEqual([200, true]);
});

it('lists its model', async () => {
  for (const adapter of ADAPTERS) {
    const { status, json } = await send(services[adapter].url, { method: 'GET', path: '/v1/models' });
    const model = { id: 'pp-ocrv4', object: 'model', created: expect.any(Number), owned_by: 'nestage' };
    expect([status, json]).toEqual([200, { object: 'list', data: [model] }]);
  }
});

it('refuses what is too much for the model, with 503 and when to come again, and reads on', async () => {
  const { url, app, post } = services.express;
  const crowd = new AbortController();
  const form = new FormData();
  form.append('file', new Blob([invoice]));
  const documents = Array.from({ length: 60 }, () =>
    fetch(`${url}/v1/documents/recognize`, { method: 'POST', body: form, signal: crowd.signal }),
  );
  const chats = Array.from({ length: 60 }, () => post(PATH, chatOf(imagePart(invoice)), { signal: crowd.signal }));
  const refused = await Promise.any(
    chats.map(async (chat) => {
      const reply = await chat;
      if (reply.status !== 503) throw new Error('was served');
      return reply;
    }),
  );
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(await refused.json()).toEqual({
    error: { message: 'Service temporarily unavailable', type: 'server_error', param: null, code: 'overloaded' },
  });
  crowd.abort();
  await Promise.allSettled([...documents, ...chats]);
  await until(() => app.get(WebService).openRequests === 0);
  expect((await post(PATH, chatOf(imagePart(invoice)))).status).toBe(200);
});

import sharp from 'sharp';
import { characterErrorRate } from '../support/character-error-rate.js';
import { type PageOptions, renderPage, type RenderedPage } from '../support/render-page.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { imageVariants, skew, withExifOrientation } from '../support/vary-image.js';
import { chatOf, imagePart, startVisionChat, streamedText, textPart } from '../support/vision-chat-service.js';

const maxErrorRate = 0.03;

/** New pages in each run; the seed of a run that failed brings its pages back. */
const seed = Number(process.env['PAGE_SEED'] ?? Date.now() % 1_000_000);
process.stdout.write(`The pages are those of PAGE_SEED=${seed}\n`);

let service: TestService;

/** Posts to the service that the surrounding `describe` has started. */
async function post(body: object): Promise<string> {
  const response = await service.post('/v1/chat/completions', body);
  const type = 'stream' in body ? 'text/event-stream; charset=utf-8' : 'application/json; charset=utf-8';
  expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
  return response.text();
}

async function readPlain(request: ReturnType<typeof chatOf>): Promise<string> {
  const { choices } = JSON.parse(await post(request)) as { choices: [{ message: { content: string } }] };
  return choices[0].message.content;
}

const readStreamed = async (request: ReturnType<typeof chatOf>): Promise<string> => streamedText(await post({ ...request, stream: true }));

const read = (image: Uint8Array): Promise<string> => readPlain(chatOf(imagePart(image)));

function expectText(found: string, expected: string): void {
  const errorRate = characterErrorRate(expected, found);
  if (errorRate > maxErrorRate) throw new Error(`read with an error rate of ${errorRate}:\n${found}\nin place of:\n${expected}`);
}

describe.each(ADAPTERS)('vision-chat on %s', (adapter) => {
  beforeAll(async () => {
    service = await startVisionChat(adapter);
  });
  afterAll(() => service.close());

  describe.each([
    ['English', 'en'],
    ['Chinese', 'zh'],
  ] as const)('reads a random page of %s', (_name, language) => {
    it.each(Object.entries(imageVariants))('%s, plain and streamed', async (variant, vary) => {
      const { png, text } = await renderPage({ seed: seed + Object.keys(imageVariants).indexOf(variant), language });
      const request = chatOf(imagePart(await vary(png)));
      const [plain, streamed] = await Promise.all([readPlain(request), readStreamed(request)]);
      expectText(plain, text);
      expect(streamed).toBe(plain);
    });
  });

  it('reads several pictures in their order, an empty line between them, and takes no notice of texts', async () => {
    const pages = await Promise.all(
      (['en', 'zh', 'en'] as const).map((language, i) => renderPage({ seed: seed + 20 + i, language, wordCount: 4 })),
    );
    const [first, second, third] = pages.map(({ png }) => imagePart(png));
    const request = chatOf(textPart('What do'), first, textPart('these'), second, third, textPart('say?'));
    const [plain, streamed] = await Promise.all([readPlain(request), readStreamed(request)]);
    const texts = plain.split('\n\n');
    expect(texts).toHaveLength(3);
    pages.forEach(({ text }, i) => expectText(texts[i], text));
    expect(streamed).toBe(plain);
  });

  it('keeps a record of the request, with the time that a worker thread spent on it', async () => {
    const { png } = await renderPage({ seed: seed + 40, language: 'en', wordCount: 3 });
    const { headers } = await service.post('/v1/chat/completions', chatOf(imagePart(png)));
    const record = (await (await fetch(`${service.url}/requests/${headers.get('logid')}`)).json()) as Record<string, number>;
    expect(record).toMatchObject({ status: 200, stagesMs: { run: expect.any(Number) }, workerActiveMs: expect.any(Number) });
    expect(record['workerActiveMs']).toBeGreaterThan(0);
    expect(record['workerActiveMs']).toBeLessThanOrEqual(record['durationMs']);
  });

  it('reads the pictures of the last message that has any', async () => {
    const [old, recent] = await Promise.all([1, 2].map((i) => renderPage({ seed: seed + 30 + i, language: 'en', wordCount: 3 })));
    const { messages: earlier } = chatOf(imagePart(old.png));
    const { messages: later } = chatOf(textPart('and this?'), imagePart(recent.png));
    const answer = { role: 'assistant', content: old.text };
    const conversation = [{ role: 'system', content: 'Read.' }, ...earlier, answer, ...later, { role: 'user', content: 'Well?' }];
    const body = await post({ model: null, messages: conversation, temperature: 0, tools: null, stream_options: null });
    const { model, choices } = JSON.parse(body) as { model: string; choices: [{ message: { content: string } }] };
    expect(model).toBe('pp-ocrv4');
    expectText(choices[0].message.content, recent.text);
  });

  it.each([
    [600, 400],
    [1, 1],
  ])('finds an empty text on a blank page of %d x %d', async (width, height) => {
    const blank = await sharp({ create: { width, height, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const request = chatOf(imagePart(blank));
    expect(await Promise.all([readPlain(request), readStreamed(request)])).toEqual(['', '']);
  });

  it('gives the completion the log id of its answer', async () => {
    const blank = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const response = await service.post('/v1/chat/completions', chatOf(imagePart(blank)));
    const completion = (await response.json()) as { id: string; created: number };
    expect(completion).toEqual({
      id: `chatcmpl-${response.headers.get('logid')}`,
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'pp-ocrv4',
      choices: [{ index: 0, message: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, // of text: there is none, neither asked nor read
    });
    expect(Math.abs(completion.created - Date.now() / 1000)).toBeLessThan(60);
  });
});

describe('vision-chat reads the hard pictures:', () => {
  beforeAll(async () => {
    service = await startVisionChat('express');
  });
  afterAll(() => service.close());

  const page = (options: Partial<PageOptions> = {}): Promise<RenderedPage> => renderPage({ seed: seed + 50, language: 'en', ...options });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %d', async (orientation) => {
    const { png, text } = await page({ wordCount: 3 });
    expectText(await read(await withExifOrientation(png, orientation, 'jpeg')), text);
  });

  it.each<[string, Partial<PageOptions>, (png: Buffer) => Promise<Buffer>]>([
    ['dark writing on a clear ground', {}, (png) => onClearGround(png, '#101010')],
    ['bright writing on a clear ground', {}, (png) => onClearGround(png, '#f4f4f4')],
    ['light writing on a dark page', { dark: true }, async (png) => png],
    ['small letters', { fontSizePx: 10 }, async (png) => png],
    ['a skewed page', {}, (png) => skew(png, 4)],
    ['a blurred page', { fontSizePx: 28 }, (png) => sharp(png).blur(1.2).png().toBuffer()],
    ['16 bits a channel', {}, (png) => sharp(png).toColourspace('rgb16').png().toBuffer()],
    ['grey of 16 bits', {}, (png) => sharp(png).greyscale().toColourspace('grey16').png().toBuffer()],
    ['a palette', {}, (png) => sharp(png).png({ palette: true, colours: 8 }).toBuffer()],
    ['CMYK TIFF', {}, (png) => sharp(png).toColourspace('cmyk').tiff().toBuffer()],
    ['WebP', {}, (png) => sharp(png).webp({ quality: 80 }).toBuffer()],
    ['AVIF', {}, (png) => sharp(png).avif({ quality: 70 }).toBuffer()],
    ['the first frame of an animation', {}, withSecondFrame],
  ])('%s', async (_name, options, vary) => {
    const { png, text } = await page(options);
    expectText(await read(await vary(png)), text);
  });

  it('a picture whose data URL declares another type, or none', async () => {
    const { png, text } = await page({ wordCount: 3 });
    const base64 = png.toString('base64');
    for (const head of [
      'image/jpeg;base64',
      'application/octet-stream;base64',
      ';base64',
      'image/png;name=a.png;base64',
      'IMAGE/PNG;BASE64',
    ]) {
      expectText(await readPlain(chatOf(imagePart(`data:${head},${base64}`))), text);
    }
  });

  it('a picture whose base64 is wrapped, unpadded or safe for URLs', async () => {
    const { png, text } = await page({ wordCount: 3 });
    const base64 = png.toString('base64');
    for (const form of [base64.replace(/.{76}/g, '$&\r\n'), base64.replace(/=+$/, ''), png.toString('base64url')]) {
      expectText(await readPlain(chatOf(imagePart(`data:image/png;base64,${form}`))), text);
    }
  });
});

/** The writing of a page alone, in one colour, around it nothing. */
async function onClearGround(png: Buffer, ink: string): Promise<Buffer> {
  const { data, info } = await sharp(png).greyscale().negate().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return sharp({ create: { width, height, channels: 3, background: ink } })
    .joinChannel(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

async function withSecondFrame(png: Buffer): Promise<Buffer> {
  const second = await sharp(png).negate().png().toBuffer();
  return sharp([png, second], { join: { animated: true } })
    .gif()
    .toBuffer();
}

import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebServiceModule } from 'nestage';
import { ThreadsModule, WorkerPools } from 'nestage/threads';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { characterErrorRate } from '../../../test/support/character-error-rate.js';
import { renderPage, type PageOptions } from '../../../test/support/render-page.js';
import { imageVariants, skew } from '../../../test/support/vary-image.js';
import { OcrModel } from './ocr-model.js';
import type { OcrPage } from './ocr/ocr.types.js';

const maxErrorRate = 0.03;
const sample = fileURLToPath(new URL('../samples/invoice.png', import.meta.url));
let app: INestApplicationContext;
let model: OcrModel;

beforeAll(async () => {
  @Module({
    imports: [WebServiceModule.forRoot({ logging: { file: false, console: false } }), ThreadsModule],
    providers: [{ provide: OcrModel, inject: [WorkerPools], useFactory: (pools: WorkerPools) => new OcrModel(pools, 1) }],
  })
  class ModelModule {}
  app = await NestFactory.createApplicationContext(ModelModule, { logger: false });
  model = app.get(OcrModel);
  await model.initialize();
});
afterAll(() => app.close());

const read = (image: Uint8Array, signal = new AbortController().signal): Promise<OcrPage> => model.read(image, 'file', signal);

async function blank(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
}

async function errorRateOf(image: Buffer, expected: string): Promise<number> {
  return characterErrorRate(expected, (await read(image)).text);
}

describe('OcrModel reads', () => {
  describe.each([
    ['English', 'en'],
    ['Chinese', 'zh'],
  ] as const)('a page of %s', (_name, language) => {
    it.each(Object.entries(imageVariants))('%s', async (_variant, vary) => {
      for (const seed of [11, 12]) {
        const { png, text } = await renderPage({ seed, language });
        expect(await errorRateOf(await vary(png), text)).toBeLessThanOrEqual(maxErrorRate);
      }
    });

    it.each<[string, Partial<PageOptions>]>([
      ['in dark mode', { dark: true }],
      ['in letters of 10 px', { fontSizePx: 10 }],
      ['in letters of 100 px', { fontSizePx: 100 }],
    ])('%s', async (_variant, options) => {
      const { png, text } = await renderPage({ seed: 21, language, ...options });
      expect(await errorRateOf(png, text)).toBeLessThanOrEqual(maxErrorRate);
    });

    it('skewed by 5 degrees', async () => {
      const { png, text } = await renderPage({ seed: 31, language });
      expect(await errorRateOf(await skew(png, 5), text)).toBeLessThanOrEqual(maxErrorRate);
    });

    it('of 90 lines, a strip that is looked at in tiles', async () => {
      const { png, text } = await renderPage({
        seed: 41,
        language,
        wordCount: 270,
        fontSizePx: 22,
        font: language === 'en' ? 'DejaVu Sans' : undefined,
      });
      const { width, height } = await sharp(png).metadata();
      expect(height).toBeGreaterThan(4 * width);
      expect(await errorRateOf(png, text)).toBeLessThanOrEqual(maxErrorRate);
    });
  });

  it('the sample invoice, each line where it stands', async () => {
    const page = await read(await readFile(sample));
    expect(page).toMatchObject({ width: 860, height: 620, rotation: 0 });
    expect(page.text.replace(/ /g, '').split('\n')).toEqual(
      expect.arrayContaining(['INVOICENo.2024-0117', '付款方式：银行转账', 'Totaldue758.10']),
    );
    const [title] = page.lines;
    expect(title.confidence).toBeGreaterThan(0.9);
    const [topLeft, , bottomRight] = title.box;
    expect(Math.abs(topLeft[0] - 70) + Math.abs(topLeft[1] - 62)).toBeLessThan(30);
    expect(bottomRight[1]).toBeGreaterThan(85);
  });

  it('which way a page is turned, and starts each box where its text starts', async () => {
    const { png } = await renderPage({ seed: 51, language: 'en' });
    const { rotation, lines } = await read(await imageVariants['rotated 90 degrees'](png));
    expect(rotation).toBe(90);
    for (const { box } of lines) expect(box[1][1]).toBeGreaterThan(box[0][1]);
  });

  it.each([
    [400, 300],
    [1, 1],
    [2000, 3],
  ])('nothing on a blank page of %d x %d', async (width, height) => {
    expect(await read(await blank(width, height))).toMatchObject({ text: '', lines: [], width, height, rotation: 0 });
  });
});

describe('OcrModel', () => {
  it('leaves the bytes of the caller usable, in a shared buffer too', async () => {
    const file = await readFile(sample);
    const shared = new Uint8Array(new SharedArrayBuffer(file.length + 8));
    shared.set(file, 8);
    const [first, second] = await Promise.all([read(file), read(shared.subarray(8))]);
    expect(second.text).toBe(first.text);
    expect(file.byteLength).toBeGreaterThan(0);
  });

  it('tells the client what is wrong with a picture, and the log what the decoder said', async () => {
    const png = await readFile(sample);
    await expect(read(png.subarray(0, 3000))).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'corrupt_file',
      fields: [{ field: 'file', messages: ['The image is corrupt or incomplete and cannot be decoded.'] }],
      cause: { name: 'ImageError', code: 'corrupt_image', status: 422, cause: expect.any(Error) },
    });
    await expect(read(new Uint8Array(0))).rejects.toMatchObject({ code: 'empty_file' });
  });

  it('cuts a reading short and then reads on', async () => {
    const controller = new AbortController();
    const running = read(await blank(1500, 1500), controller.signal);
    const waiting = read(await readFile(sample), controller.signal);
    const behind = read(await readFile(sample));
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 30);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect((await behind).text).toContain('2024-0117');
  });

  it('survives readings that are cut short at any moment, and is soon free again', async () => {
    const png = await readFile(sample);
    for (let waitMs = 5; waitMs < 250; waitMs += 35) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('gone')), waitMs);
      await expect(read(png, controller.signal)).rejects.toThrow('gone');
    }
    expect((await read(png)).text).toContain('2024-0117');
  });

  it('stops in the middle of readings and of its start without harm to the process', async () => {
    const page = await readFile(sample);
    for (const waitMs of [20, 60, 150]) {
      await model.initialize();
      const readings = [page, page].map((each) => read(each).catch((error: unknown) => error));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await model.dispose();
      const stopped = expect.objectContaining({ code: 'shutting_down' }) as unknown;
      expect(await Promise.all(readings)).toEqual([stopped, stopped]);
    }
    for (const waitMs of [0, 100, 250]) {
      const refused = expect(model.initialize()).rejects.toMatchObject({ code: 'shutting_down' });
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await model.dispose();
      await refused;
    }
  });
});

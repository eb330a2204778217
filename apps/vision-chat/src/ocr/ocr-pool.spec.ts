import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { characterErrorRate } from '../../../../test/support/character-error-rate.js';
import { renderPage, type PageOptions } from '../../../../test/support/render-page.js';
import { imageVariants, skew } from '../../../../test/support/vary-image.js';
import { OcrPool } from './ocr-pool.js';

const maxErrorRate = 0.03;
const sample = fileURLToPath(new URL('../../samples/invoice.png', import.meta.url));
const pool = new OcrPool({ threads: 1, maxQueue: 3 });

beforeAll(() => pool.start(), 60_000);
afterAll(() => pool.stop());

async function blank(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
}

async function errorRateOf(image: Buffer, expected: string): Promise<number> {
  return characterErrorRate(expected, (await pool.recognise(image)).text);
}

describe('OcrPool reads', () => {
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
    const page = await pool.recognise(await readFile(sample));
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
    const { rotation, lines } = await pool.recognise(await imageVariants['rotated 90 degrees'](png));
    expect(rotation).toBe(90);
    for (const { box } of lines) expect(box[1][1]).toBeGreaterThan(box[0][1]);
  });

  it.each([
    [400, 300],
    [1, 1],
    [2000, 3],
  ])('nothing on a blank page of %d x %d', async (width, height) => {
    expect(await pool.recognise(await blank(width, height))).toMatchObject({ text: '', lines: [], width, height, rotation: 0 });
  });
});

describe('OcrPool', () => {
  it('leaves the bytes of the caller usable, in a shared buffer too', async () => {
    const file = await readFile(sample);
    const shared = new Uint8Array(new SharedArrayBuffer(file.length + 8));
    shared.set(file, 8);
    const [first, second] = await Promise.all([pool.recognise(file), pool.recognise(shared.subarray(8))]);
    expect(second.text).toBe(first.text);
    expect(file.byteLength).toBeGreaterThan(0);
  });

  it('hands over a refused picture as an ImageError, code, status and cause included', async () => {
    const png = await readFile(sample);
    await expect(pool.recognise(png.subarray(0, 3000))).rejects.toMatchObject({
      name: 'ImageError',
      code: 'corrupt_image',
      status: 422,
      cause: expect.any(Error),
    });
    await expect(pool.recognise(new Uint8Array(0))).rejects.toMatchObject({ code: 'empty_file', status: 400 });
  });

  it('cuts a reading short and then reads on', async () => {
    const controller = new AbortController();
    const running = pool.recognise(await blank(1500, 1500), controller.signal);
    const waiting = pool.recognise(await readFile(sample), controller.signal);
    const behind = pool.recognise(await readFile(sample));
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 30);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect((await behind).text).toContain('2024-0117');
    expect(pool.load).toBe(0);
  });

  it('survives readings that are cut short at any moment, and is soon free again', async () => {
    const png = await readFile(sample);
    for (let waitMs = 5; waitMs < 250; waitMs += 35) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('gone')), waitMs);
      await expect(pool.recognise(png, controller.signal)).rejects.toThrow('gone');
    }
    expect((await pool.recognise(png)).text).toContain('2024-0117');
  });

  it('reads in the order of the calls', async () => {
    const page = await blank(64, 64);
    const order: number[] = [];
    const read = (id: number): Promise<unknown> => pool.recognise(page, new AbortController().signal).then(() => order.push(id));
    await Promise.all([1, 2, 3, 4].map(read));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('does not begin when the signal has fired already', async () => {
    const reason = new Error('too late');
    await expect(pool.recognise(new Uint8Array(1), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('refuses pictures beyond the queue, those with a signal too', async () => {
    const page = await blank(64, 64);
    const { signal } = new AbortController();
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => pool.recognise(page, signal)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(results[5]).toMatchObject({ reason: { name: 'OcrPoolError', code: 'queue_full' } });
  });

  it('refuses before the start, and what is under way when it stops', async () => {
    const other = new OcrPool({ threads: 1 });
    await expect(other.recognise(new Uint8Array(1))).rejects.toMatchObject({ code: 'not_started' });
    await Promise.all([other.start(), other.start()]);
    const running = other.recognise(await blank(1000, 1000));
    await Promise.all([expect(running).rejects.toMatchObject({ code: 'stopped' }), other.stop()]);
    await expect(other.recognise(new Uint8Array(1))).rejects.toMatchObject({ code: 'not_started' });
  }, 20_000);

  it('stops in the middle of readings and of its start without harm to the process', async () => {
    const other = new OcrPool({ threads: 1 });
    const page = await readFile(sample);
    for (const waitMs of [20, 60, 150]) {
      await other.start();
      const readings = [page, page].map((each) => other.recognise(each).catch((error: unknown) => error));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await other.stop();
      expect(await Promise.all(readings)).toEqual([
        expect.objectContaining({ code: 'stopped' }),
        expect.objectContaining({ code: 'stopped' }),
      ]);
    }
    const starting = other.start();
    const refused = expect(starting).rejects.toMatchObject({ code: 'stopped' });
    await other.stop();
    await refused;
  }, 30_000);

  describe('with a worker that fails', () => {
    const workerFile = fileURLToPath(new URL('../../../../test/support/failing-ocr.worker.mjs', import.meta.url));
    const failing = new OcrPool({ threads: 1, workerFile, maxHeapMb: 32 });
    beforeAll(() => failing.start());
    afterAll(() => failing.stop());

    it.each([
      ['ends', 'exit', /exited with code: 3/],
      ['runs out of memory', 'memory', /memory limit/],
      ['throws', 'throw', /a bug/],
    ])('says so when it %s, and goes on with another', async (_how, order, message) => {
      await expect(failing.recognise(Buffer.from(order))).rejects.toMatchObject({ name: 'OcrPoolError', code: 'worker_failed', message });
      await expect(failing.recognise(Buffer.from('work'))).resolves.toEqual({ text: 'work' });
    });

    it('fails to start when there is no worker', async () => {
      const none = new OcrPool({ threads: 2, workerFile: `${workerFile}.missing` });
      await expect(none.start()).rejects.toMatchObject({ code: 'worker_failed', message: expect.stringContaining('.missing') });
    });
  });

  it.each([
    [{ threads: 0 }, '"threads" must be an integer >= 1, got 0 (set it in new OcrPool({ threads })).'],
    [{ maxQueue: -1 }, '"maxQueue" must be an integer >= 0, got -1'],
    [{ maxHeapMb: 1.5 }, '"maxHeapMb" must be an integer >= 1, got 1.5'],
  ])('refuses %j', (options, message) => {
    expect(() => new OcrPool(options)).toThrow(message);
  });
});

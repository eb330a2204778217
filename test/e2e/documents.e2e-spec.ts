import sharp from 'sharp';
import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { RemoteImages } from '../../apps/vision-chat/src/chat/remote-images.js';
import { characterErrorRate } from '../support/character-error-rate.js';
import { pngClaiming } from '../support/hostile-images.js';
import { type ImageHost, startImageHost } from '../support/image-host.js';
import { renderPage, type RenderedPage } from '../support/render-page.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { imageVariants, skew, withExifOrientation } from '../support/vary-image.js';
import { chatOf, imagePart } from '../support/vision-chat-service.js';

const PATH = '/v1/documents/recognize';
interface Line {
  readonly text: string;
  readonly confidence: number;
  readonly box: readonly (readonly number[])[];
}

interface Document {
  readonly text: string;
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly pages?: readonly (Omit<Document, 'pages'> & { readonly page: number })[];
}

const squeeze = (text: string): string => text.normalize('NFKC').replace(/\s/g, '');
const page = (seed: number): Promise<RenderedPage> =>
  renderPage({ seed, language: 'en', wordCount: 6, font: 'DejaVu Sans', fontSizePx: 30 });

/** Pages of one size in one file. */
async function tiffOf(...pages: Buffer[]): Promise<Buffer> {
  const padded = pages.map((png) =>
    sharp(png).resize(700, 500, { fit: 'contain', position: 'left top', background: 'white' }).png().toBuffer(),
  );
  return sharp(await Promise.all(padded), { join: { animated: true } })
    .tiff({ compression: 'lzw' })
    .toBuffer();
}

describe.each(ADAPTERS)('documents on %s', (adapter) => {
  let service: TestService;
  let host: ImageHost;
  beforeAll(async () => {
    host = await startImageHost();
    const override = adapter === 'express' ? host.images : undefined;
    service = await startTestService({
      adapter,
      root: AppModule.of(readAppEnvironment()),
      override: (builder) => (override ? builder.overrideProvider(RemoteImages).useValue(override) : builder),
    });
  });
  afterAll(async () => {
    await service.close();
    await host.close();
  });

  async function post(
    file: Uint8Array,
    type: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new File([file], 'page', { type }));
    return fetch(service.url + PATH, { method: 'POST', body: form, headers });
  }

  async function read(...parameters: Parameters<typeof post>): Promise<Document> {
    const response = await post(...parameters);
    const body = (await response.json()) as Document;
    expect([response.status, body]).toEqual([200, expect.anything()]);
    return body;
  }

  const logOf = (logId: string | null): string =>
    service.log.records
      .filter((record) => record.logId === logId)
      .map(({ message }) => message)
      .join('\n');

  it('tells each step of its work in the log', async () => {
    const { png } = await page(1);
    const response = await post(png, 'image/png', { enhance: 'contrast,deskew' });
    await response.json();
    const steps = [...logOf(response.headers.get('logid')).matchAll(/Document step (\w+): (.*), [\d.]+ ms/g)].map(
      ([, name, what]) => `${name} ${what}`,
    );
    expect(steps).toEqual([
      `open image/png of ${png.length} bytes`,
      'enhance page 1 of 1 (contrast, deskew)',
      'recognise page 1 of 1',
      'clean page 1 of 1',
    ]);
  });

  it('reads a TIFF page by page', async () => {
    const pages = await Promise.all([page(2), page(3), page(4)]);
    const document = await read(await tiffOf(...pages.map(({ png }) => png)), 'image/tiff');
    expect(document.pages?.map((each) => [each.page, each.width, each.height])).toEqual([
      [1, 700, 500],
      [2, 700, 500],
      [3, 700, 500],
    ]);
    document.pages?.forEach(({ text }, i) => expect(characterErrorRate(pages[i].text, text)).toBeLessThan(0.05));
    expect(document).toMatchObject({ text: document.pages?.map(({ text }) => text).join('\n\n'), width: 700, height: 500 });
    expect(document.lines).toEqual(document.pages?.flatMap(({ lines }) => lines));
  });

  it('streams the lines of each page, asked by the field or by Accept', async () => {
    const tiff = await tiffOf((await page(5)).png, (await page(6)).png);
    const { pages = [] } = await read(tiff, 'image/tiff');
    const expected = pages.flatMap(({ page: number, lines }) => lines.map((line) => ({ page: number, ...line })));
    const byField = await (await post(tiff, 'image/tiff', { stream: 'true' })).text();
    expect(
      byField
        .split('\n\n')
        .filter(Boolean)
        .map((event) => JSON.parse(event.slice('data: '.length)) as Line),
    ).toEqual(expected);
    const byAccept = await post(tiff, 'image/tiff', {}, { accept: 'application/x-ndjson' });
    expect(byAccept.headers.get('content-type')).toContain('application/x-ndjson');
    expect(
      (await byAccept.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line),
    ).toEqual(expected);
    expect((await post(tiff, 'image/tiff', { stream: 'maybe' })).status).toBe(400);
  });

  it('straightens a slanted page and gives its boxes as they lie on the page that was sent', async () => {
    const { png, text } = await page(7);
    const slanted = await skew(png, 6);
    const { width, height } = await sharp(slanted).metadata();
    const [asSent, straight] = [await read(slanted, 'image/png'), await read(slanted, 'image/png', { enhance: 'deskew' })];
    expect([straight.width, straight.height]).toEqual([width, height]);
    expect(characterErrorRate(text, straight.text)).toBeLessThan(0.05);
    expect(straight.lines.length).toBe(asSent.lines.length);
    straight.lines.forEach(({ box }, i) =>
      box.forEach(([x, y], corner) => {
        const [otherX, otherY] = asSent.lines[i].box[corner];
        expect(Math.hypot(x - otherX, y - otherY)).toBeLessThan(25);
      }),
    );
  });

  it('brings out faint writing', async () => {
    const { png, text } = await page(8);
    const faint = await sharp(png).linear(0.12, 200).png().toBuffer();
    const { text: found } = await read(faint, 'image/png', { enhance: 'contrast' });
    expect(characterErrorRate(text, found)).toBeLessThan(0.05);
  });

  it('takes the page without a form around it', async () => {
    const { png, text } = await page(9);
    const response = await fetch(service.url + PATH, {
      method: 'POST',
      body: png as unknown as string,
      headers: { 'content-type': 'image/png' },
    });
    expect(characterErrorRate(text, ((await response.json()) as Document).text)).toBeLessThan(0.05);
  });

  it.each<[string, () => Promise<Response>, number, string, RegExp]>([
    [
      'a PDF',
      () => post(Buffer.from('%PDF-1.7\n'), 'application/pdf'),
      415,
      'unsupported_file',
      /^file is PDF, which is not supported\. Send each of its pages as a PNG, JPEG or TIFF image\.$/,
    ],
    [
      'an unknown enhancement',
      async () => post((await page(1)).png, 'image/png', { enhance: 'magic' }),
      400,
      'invalid_request',
      /enhance must be one of|each value in enhance/,
    ],
    [
      'too many pages',
      async () => post(await tiffOf(...Array.from({ length: 21 }, () => Buffer.from(blank))), 'image/tiff'),
      413,
      'file_too_large',
      /has 21 pages: at most 20/,
    ],
    [
      'a bomb to be enhanced',
      () => post(pngClaiming(50_000, 50_000), 'image/png', { enhance: 'contrast' }),
      413,
      'file_too_large',
      /40 megapixels/,
    ],
    [
      'half a TIFF',
      async () => post((await tiffOf((await page(1)).png, (await page(2)).png)).subarray(0, 4000), 'image/tiff'),
      422,
      'corrupt_file',
      /corrupt or incomplete/,
    ],
    [
      'half a picture to be enhanced',
      async () => post((await page(1)).png.subarray(0, 3000), 'image/png', { enhance: 'deskew' }),
      422,
      'corrupt_file',
      /corrupt or incomplete/,
    ],
  ])('refuses %s', async (_name, send, status, code, message) => {
    const response = await send();
    const body = (await response.json()) as { error: string; message: string };
    expect([response.status, body.error, body.message]).toEqual([status, code, expect.stringMatching(message)]);
  });

  /** A service read every JPEG but one customer's. What was different: how the same picture was stored. */
  describe('the story of the JPG that failed:', () => {
    let photo: RenderedPage;
    beforeAll(async () => {
      photo = await renderPage({ seed: 42, language: 'en', wordCount: 6, font: 'DejaVu Sans', fontSizePx: 36 });
    });

    it.each<[string, (png: Buffer) => Promise<Buffer>]>([
      ['turned by EXIF', imageVariants['turned by EXIF']],
      ['mirrored by EXIF', (png) => withExifOrientation(png, 5, 'jpeg')],
      ['CMYK', imageVariants['CMYK JPEG']],
      ['progressive', imageVariants['progressive JPEG']],
      ['grey', imageVariants['grey JPEG']],
    ])('%s, it says what it says otherwise', async (_name, store) => {
      const plain = await read(await sharp(photo.png).jpeg({ quality: 95 }).toBuffer(), 'image/jpeg');
      expect(characterErrorRate(photo.text, plain.text)).toBe(0);
      const stored = await read(await store(photo.png), 'image/jpeg');
      expect(squeeze(stored.text)).toBe(squeeze(plain.text));
    });

    it('cut short, it is refused with the log id by which the log tells why', async () => {
      const jpeg = await sharp(photo.png).jpeg().toBuffer();
      const response = await post(jpeg.subarray(0, jpeg.length / 2), 'image/jpeg');
      const body = (await response.json()) as { logid: string };
      expect([response.status, body]).toEqual([
        422,
        expect.objectContaining({ code: 422, error: 'corrupt_file', message: 'The image is corrupt or incomplete and cannot be decoded.' }),
      ]);
      expect(body.logid).toBe(response.headers.get('logid'));
      expect(logOf(body.logid)).toMatch(/VipsJpeg: premature end of JPEG image|Input file is truncated|premature end/i);
      expect(JSON.stringify(body)).not.toMatch(/vips/i);
    });
  });

  it(
    adapter === 'express' ? 'reads a picture of a chat from a host that is allowed' : 'fetches nothing for a chat unless told to',
    async () => {
      const { png, text } = await page(10);
      host.serve(png);
      const ask = (url: string): Promise<Response> => service.post('/v1/chat/completions', chatOf(imagePart(url)));
      const response = await ask(`${host.url}/a.png`);
      const body = (await response.json()) as { choices: [{ message: { content: string } }]; error: object };
      if (adapter === 'fastify') {
        expect([response.status, body.error]).toEqual([
          400,
          expect.objectContaining({
            param: 'messages[0].content[0].image_url.url',
            message: expect.stringContaining('remote addresses are not fetched'),
          }),
        ]);
        return;
      }
      expect(characterErrorRate(text, body.choices[0].message.content)).toBeLessThan(0.05);
      const refused = await ask('http://other.test/a.png');
      expect([refused.status, ((await refused.json()) as { error: object }).error]).toEqual([
        400,
        {
          message: 'messages[0].content[0].image_url.url names a host that is not allowed',
          type: 'invalid_request_error',
          param: 'messages[0].content[0].image_url.url',
          code: 'remote_file_refused',
        },
      ]);
    },
  );
});

let blank: Uint8Array;
beforeAll(async () => {
  blank = await sharp({ create: { width: 10, height: 10, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
});

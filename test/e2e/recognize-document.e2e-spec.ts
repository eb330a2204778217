import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { heicHead, pngClaiming, svgWithEntity } from '../support/hostile-images.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { withExifOrientation } from '../support/vary-image.js';
import { startVisionChat } from '../support/vision-chat-service.js';

const PATH = '/v1/documents/recognize';

type Body = NonNullable<RequestInit['body']>;

type Part = readonly [field: string, content: Uint8Array | string, type?: 'image/png' | 'image/jpeg'];

function formOf(...parts: Part[]): FormData {
  const form = new FormData();
  for (const [field, content, type = 'image/png'] of parts) {
    if (typeof content === 'string') form.append(field, content);
    else form.append(field, new File([content], type.replace('image/', 'page.'), { type }));
  }
  return form;
}

interface Page {
  readonly text: string;
  readonly lines: readonly { readonly text: string; readonly confidence: number; readonly box: readonly (readonly number[])[] }[];
  readonly width: number;
  readonly height: number;
}

/** How a form with a file begins on the wire. */
const opening = Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="page.png"\r\n\r\n');

describe.each(ADAPTERS)('POST /v1/documents/recognize on %s', (adapter) => {
  let service: TestService;
  let invoice: Buffer;

  beforeAll(async () => {
    invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
    service = await startVisionChat(adapter);
  });
  afterAll(() => service.close());

  const post = (body: Body, type?: string): Promise<Response> =>
    fetch(service.url + PATH, { method: 'POST', body, ...(type && { headers: { 'content-type': type } }) });

  it('gives text, lines with place and certainty, and size', async () => {
    const response = await post(formOf(['file', invoice]));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const page = (await response.json()) as Page;
    expect(Object.keys(page)).toEqual(['text', 'lines', 'width', 'height']);
    expect(page).toMatchObject({ text: expect.stringContaining('758.10'), width: 860, height: 620 });
    expect(page.lines.map(({ text }) => text.replaceAll(' ', ''))).toEqual(
      expect.arrayContaining(['INVOICENo.2024-0117', '付款方式：银行转账', '758.10']),
    );
    for (const line of page.lines) {
      expect(Object.keys(line)).toEqual(['text', 'confidence', 'box']);
      expect(line.confidence).toBeGreaterThan(0.5);
      expect(line.confidence).toBeLessThanOrEqual(1);
      expect(line.box).toHaveLength(4);
      expect(line.box.flat().every(Number.isInteger)).toBe(true);
    }
  });

  it('gives size and boxes of the upright page', async () => {
    const turned = await withExifOrientation(invoice, 6, 'jpeg');
    expect(await sharp(turned).metadata()).toMatchObject({ width: 620, height: 860 });
    const { width, height, lines } = (await (await post(formOf(['file', turned, 'image/jpeg']))).json()) as Page;
    expect([width, height]).toEqual([860, 620]);
    const [[left, top], [right]] = lines[0].box;
    expect([Math.abs(left - 70) < 15, Math.abs(top - 62) < 15, right > 400]).toEqual([true, true, true]);
  });

  it('finds nothing on a blank page', async () => {
    const blank = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect(await (await post(formOf(['file', blank]))).json()).toEqual({ text: '', lines: [], width: 30, height: 20 });
  });

  it('takes no notice of text fields', async () => {
    expect((await post(formOf(['note', 'x'.repeat(1000)], ['file', invoice], ['n', '2']))).status).toBe(200);
  });

  /** What the codes of broken forms are called is the upload room's matter. */
  it.each<[string, () => Body, string | undefined, number, RegExp]>([
    ['without the file', () => formOf(['note', 'hello']), undefined, 400, /file is missing.*"file"/],
    ['with the file in another field', () => formOf(['image', invoice]), undefined, 400, /"file"/],
    ['with a text in its place', () => formOf(['file', 'hello']), undefined, 400, /file/],
    ['with two files', () => formOf(['file', invoice], ['file', invoice]), undefined, 400, /file/],
    ['with a file in another field too', () => formOf(['file', invoice], ['b', invoice]), undefined, 400, /file/],
    ['with very many files', () => formOf(...Array.from({ length: 50 }, (): Part => ['file', invoice])), undefined, 400, /./],
    ['with very many fields', () => formOf(...Array.from({ length: 1000 }, (): Part => ['a', 'b'])), undefined, 400, /./],
    ['of an empty file', () => formOf(['file', new Uint8Array()]), undefined, 400, /empty/],
    [
      'of a text',
      () => formOf(['file', Buffer.from('hello, I am a picture')]),
      undefined,
      415,
      /[Ss]end JPEG, PNG, WebP, GIF, TIFF or AVIF/,
    ],
    ['of SVG under the name of PNG', () => formOf(['file', svgWithEntity]), undefined, 415, /SVG/],
    ['of HEIC', () => formOf(['file', heicHead]), undefined, 415, /HEIC/],
    ['of a pixel bomb', () => formOf(['file', pngClaiming(50_000, 50_000)]), undefined, 413, /40 megapixels/],
    ['of half a picture', () => formOf(['file', invoice.subarray(0, 5000)]), undefined, 422, /corrupt or incomplete/],
    ['as JSON', () => '{"file": "a"}', 'application/json', 415, /multipart\/form-data/],
    ['without a boundary', () => 'x', 'multipart/form-data', 400, /multipart/],
    ['that is none', () => 'garbage', 'multipart/form-data; boundary=b', 400, /multipart/],
    ['that ends too early', () => Buffer.concat([opening, invoice]), 'multipart/form-data; boundary=b', 400, /multipart/],
    ['with a broken part header', () => '--b\r\nnonsense\r\n\r\nabc\r\n--b--\r\n', 'multipart/form-data; boundary=b', 400, /multipart/],
    ['without a part', () => '--b--\r\n', 'multipart/form-data; boundary=b', 400, /file is missing/],
    ['without a byte', () => '', 'multipart/form-data; boundary=b', 400, /empty|missing/],
  ])('refuses a form %s', async (_name, body, type, status, words) => {
    const response = await post(body(), type);
    const logid = response.headers.get('logid');
    expect(await response.json()).toMatchObject({
      code: status,
      error: expect.stringMatching(/^[a-z_]+$/),
      message: expect.stringMatching(words),
      logid,
    });
    expect([response.status, response.headers.get('x-request-id')]).toEqual([status, logid]);
  });
});

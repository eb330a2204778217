import { Readable } from 'node:stream';
import fc from 'fast-check';
import { formParts } from './form-parts.js';

interface Taken {
  readonly name: string | undefined;
  readonly filename: string | undefined;
  readonly contentType: string;
  readonly text: string;
}

async function take(body: string | Buffer | readonly Buffer[], contentType = 'multipart/form-data; boundary=b'): Promise<Taken[]> {
  const chunks = Array.isArray(body) ? (body as Buffer[]) : [Buffer.from(body as string)];
  const taken: Taken[] = [];
  for await (const { name, filename, contentType: type, content } of formParts(Readable.from(chunks), contentType)) {
    const found: Buffer[] = [];
    for await (const chunk of content) found.push(chunk);
    taken.push({ name, filename, contentType: type, text: Buffer.concat(found).toString('latin1') });
  }
  return taken;
}

const part = (disposition: string, content = 'x', headers = ''): string =>
  `--b\r\ncontent-disposition: form-data${disposition}${headers}\r\n\r\n${content}\r\n`;

describe('formParts', () => {
  it.each<[string, Partial<Taken>]>([
    ['; name="a"', { name: 'a', filename: undefined, contentType: '', text: 'x' }],
    ['; name=a; filename=b.png', { name: 'a', filename: 'b.png' }],
    ['; name="a"; filename=""', { name: 'a', filename: '' }],
    ['', { name: undefined, filename: undefined }],
    ['; name="a\\"b\\\\c"', { name: 'a"b\\c' }],
    ['; name="a"; filename="C:\\dir\\b.png"', { filename: 'b.png' }],
    ['; name="a"; filename="../../etc/passwd"', { filename: 'passwd' }],
    ['; NAME="ä 発"; FileName="ö;=.png"', { name: 'ä 発', filename: 'ö;=.png' }],
    ['; name=a; filename="b"; filename*=UTF-8\'\'%e2%82%ac%2f.png', { filename: '.png' }],
    ['; name=a; filename="b"; filename*=UTF-8\'\'%zz', { filename: 'b' }],
    ['; name=a; filename="b"; filename*=latin1\'\'%e4', { filename: 'b' }],
    ['; name="a"\r\nContent-Type: image/png', { contentType: 'image/png' }],
    [';\r\n\tname="folded"\r\nX-Other: 1', { name: 'folded' }],
  ])('reads the head %p', async (head, expected) => {
    expect(await take(`${part(head)}--b--`)).toEqual([expect.objectContaining(expected)]);
  });

  it.each([
    ['a preamble and an epilogue', `preamble\r\n${part('; name="a"')}--b--\r\nepilogue --b`],
    ['white space after boundaries', `--b \t\r\ncontent-disposition: form-data; name=a\r\n\r\nx\r\n--b-- \r\n`],
  ])('takes a form with %s', async (_name, body) => {
    expect((await take(body)).map(({ text }) => text)).toEqual(['x']);
  });

  it('takes contents that look like boundaries, and empty ones', async () => {
    for (const content of ['', '\r\n', '--b', '\r\n--', '\r\n-\r\n--a', 'x\r', '--b--\r\n'])
      expect((await take(`${part('; name="a"', content)}--b--`)).map(({ text }) => text)).toEqual([content]);
  });

  it.each([
    ['nothing', ''],
    ['no boundary', 'hello'],
    ['no end', part('; name="a"')],
    ['an end in mid-boundary', `${part('; name="a"')}--b-`],
    ['a part without a head', '--b\r\n\r\nx\r\n--b--'],
    ['a boundary that goes on', '--bc\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--'],
    ['a header that is none', '--b\r\nnonsense\r\n\r\nx\r\n--b--'],
    ['a part that is no form-data', '--b\r\ncontent-disposition: attachment\r\n\r\nx\r\n--b--'],
    ['an encoded part', part('; name=a', 'eA==', '\r\ncontent-transfer-encoding: base64') + '--b--'],
    ['endless headers', `--b\r\nx: ${'y'.repeat(20_000)}\r\n\r\nx\r\n--b--`],
    ['endless padding', `--b${' '.repeat(500)}\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--`],
  ])('refuses a form with %s', async (_name, body) => {
    await expect(take(body)).rejects.toMatchObject({ code: 'invalid_form' });
  });

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
  ])('refuses the content type %s', async (contentType) => {
    await expect(take('--b--', contentType)).rejects.toMatchObject({ code: 'invalid_form' });
  });

  it('does not see where chunks end', async () => {
    const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('\r\n--b', ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (contents, sizes) => {
          const body = Buffer.from(`${contents.map((each, i) => part(`; name="n${i}"`, each)).join('')}--b--\r\n`, 'latin1');
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < body.length; at += sizes[i++ % sizes.length])
            chunks.push(body.subarray(at, at + sizes[i % sizes.length]));
          expect((await take(chunks)).map(({ text }) => text)).toEqual(contents);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is linear in the length of what is no boundary', async () => {
    const almost = '\r\n--'.repeat(500_000);
    expect((await take(`${part('; name="a"', almost)}--b--`))[0].text).toHaveLength(almost.length);
  });
});

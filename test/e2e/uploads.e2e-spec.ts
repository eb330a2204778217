import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SwaggerModule, DocumentBuilder } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsInstance, IsInt, IsOptional, IsString, Max } from 'class-validator';
import { FromQuery, jsonBody, kilobytes, megabytes, seconds, type StageContext, StageHandler, type StageHandlerOptions } from 'nestage';
import { chatCompletions } from 'nestage/openai';
import { FileRequest, files, images, UploadedFile } from 'nestage/uploads';
import { open, send, type RawReply } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(2000, 1)]);
const JPEG = Buffer.concat([Buffer.from('\xff\xd8\xff\xe0', 'latin1'), Buffer.alloc(2000, 2)]);
const PDF = Buffer.from('%PDF-1.7\n%\xe2\xe3', 'latin1');
const SVG = Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>');
const largePng = Buffer.concat([PNG, Buffer.alloc(300_000, 3)]);
const MEMORY_BYTES = kilobytes(100);

interface Seen {
  readonly name: string | undefined;
  readonly type: string;
  readonly declared: string;
  readonly size: number;
}

const seen = ({ filename, type, declaredType, size }: UploadedFile): Seen => ({ name: filename, type, declared: declaredType, size });

@StageHandler('/one', { upload: images({ field: 'file', maxBytes: megabytes(1), memoryBytes: MEMORY_BYTES }) })
class OneHandler {
  run({ file }: FileRequest): Seen {
    return seen(file);
  }
}

class ScanRequest {
  @IsInstance(UploadedFile) page: UploadedFile;
  @IsInt() @Max(600) dpi: number;
  @IsOptional() @IsBoolean() grey?: boolean;
  @IsOptional() @IsString({ each: true }) @IsArray() tags?: string[];
  @IsOptional() @IsString() note?: string;
  @FromQuery() @IsOptional() @IsString() lang?: string;
}

@StageHandler('/scan', { request: ScanRequest, upload: images({ field: 'page' }) })
class ScanHandler {
  run({ page, ...rest }: ScanRequest) {
    return { page: seen(page), ...rest };
  }
}

class PagesRequest {
  @IsArray() @ArrayMaxSize(3) @IsInstance(UploadedFile, { each: true }) pages: UploadedFile[];
}

@StageHandler('/pages', { request: PagesRequest, upload: images({ field: 'pages', maxFiles: 3 }) })
class PagesHandler {
  run({ pages }: PagesRequest) {
    return pages.map(seen);
  }
}

const NOTE = {
  type: 'application/x-note',
  name: 'note',
  extensions: ['note'],
  matches: (head: Buffer) => head.toString().startsWith('NOTE'),
};

@StageHandler('/tables', { upload: files({ types: ['text/csv', 'application/json', NOTE], field: 'table' }) })
class TableHandler {
  run({ table }: { table: UploadedFile }) {
    return seen(table);
  }
}

/** Reads a file in every way, twice. */
@StageHandler('/reread', { upload: images({ memoryBytes: MEMORY_BYTES }) })
class RereadHandler {
  async run({ file }: FileRequest) {
    const streamed = async (): Promise<Buffer> => Buffer.concat((await file.stream().toArray()) as Buffer[]);
    const reads = [await file.bytes(), await streamed(), await file.bytes(), await streamed()];
    file.stream().once('data', () => undefined); // opened and left
    return { same: reads.every((read) => read.equals(reads[0])), size: reads[0].length };
  }
}

const held = { files: [] as UploadedFile[], running: 0 };

@StageHandler('/hold', { upload: images({ memoryBytes: MEMORY_BYTES, maxBytes: megabytes(5) }), timeoutMs: seconds(1) })
class HoldHandler {
  async run({ file }: FileRequest, { signal }: StageContext) {
    held.files.push(file);
    held.running++;
    file.stream().once('data', () => undefined);
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
}

const letGo = { waiting: [] as (() => void)[] };

@StageHandler('/memory', { upload: images({ memoryBytes: megabytes(2) }) })
class MemoryHandler {
  async run({ file }: FileRequest): Promise<Seen> {
    await file.bytes();
    await new Promise<void>((resolve) => letGo.waiting.push(resolve));
    return seen(file);
  }
}

/** Large files are on disk until all of their bytes are asked for. */
@StageHandler('/loaded', { upload: images({ memoryBytes: MEMORY_BYTES }) })
class LoadedHandler extends MemoryHandler {}

@StageHandler('/broken', { upload: images({ memoryBytes: MEMORY_BYTES }) })
class BrokenHandler {
  run({ file }: FileRequest) {
    file.stream();
    throw new Error(`cannot work on ${file.size}`);
  }
}

@StageHandler('/decoded', {
  upload: images({
    memoryBytes: MEMORY_BYTES,
    decodes: async (file) => {
      if ((await file.bytes())[500] !== 1) throw new Error('libpicture: bad huffman code at /opt/libpicture.so');
    },
  }),
})
class DecodedHandler {
  run({ file }: FileRequest) {
    return seen(file);
  }
}

@StageHandler('/chat', { protocol: chatCompletions({ models: ['eye'] }), request: FileRequest, upload: images() })
class ChatHandler {
  run({ file }: FileRequest) {
    return file.type;
  }
}

interface Part {
  readonly name?: string;
  readonly filename?: string;
  readonly type?: string;
  readonly content: string | Uint8Array;
}

const BOUNDARY = 'x-boundary-x';

function form(...parts: Part[]): { headers: Record<string, string>; body: Buffer } {
  const chunks = parts.flatMap(({ name, filename, type, content }) => [
    `--${BOUNDARY}\r\ncontent-disposition: form-data`,
    name === undefined ? '' : `; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '\r\n\r\n' : `\r\ncontent-type: ${type}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  const body = Buffer.concat([...chunks, `--${BOUNDARY}--\r\n`].map((chunk) => Buffer.from(chunk as string)));
  return { headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }, body };
}

const png = (content: Uint8Array = PNG, filename = 'a.png'): Part => ({ name: 'file', filename, type: 'image/png', content });

/** The folder of the service and the files in it. */
function temporaryFiles(): string[] {
  return readdirSync(root).flatMap((folder) => [folder, ...list(join(root, folder))]);
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** What the process has open, but for sockets, which come and go with connections. */
function openFiles(): string[] {
  const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the handle by which the folder itself was read
    }
  });
  return targets.filter((target) => !target.startsWith('socket:') && !target.startsWith('/proc/')).sort();
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'uploads-spec-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each(ADAPTERS)('uploads on %s', (adapter) => {
  let service: TestService;
  let before: string[];
  beforeAll(async () => {
    service = await startTestService({
      adapter,
      providers: [
        OneHandler,
        ScanHandler,
        PagesHandler,
        TableHandler,
        RereadHandler,
        HoldHandler,
        BrokenHandler,
        MemoryHandler,
        LoadedHandler,
        DecodedHandler,
        ChatHandler,
      ],
      options: { maxBodyBytesInFlight: megabytes(4), temporaryFolder: root },
    });
    await post('/one', form(png(largePng)));
    before = openFiles();
  });
  afterAll(async () => {
    await service.close();
    expect(readdirSync(root)).toEqual([]);
  });
  beforeEach(() => {
    held.running = 0;
    held.files = [];
  });
  afterEach(async () => {
    await until(() => temporaryFiles().length === 0);
    await until(() => JSON.stringify(openFiles()) === JSON.stringify(before));
  });

  const post = (
    path: string,
    { headers, body }: { headers: Record<string, string>; body: Uint8Array },
    isChunked = false,
  ): Promise<RawReply> => send(service.url, { path, headers, body, isChunked });
  const verdict = ({ status, json }: RawReply) => [status, json.error, json.message];

  it('gives the handler one file of a form', async () => {
    const { status, json } = await post('/one', form(png()));
    expect([status, json]).toEqual([200, { name: 'a.png', type: 'image/png', declared: 'image/png', size: PNG.length }]);
  });

  it('gives it the file alone when the body is one', async () => {
    for (const type of ['image/jpeg', 'image/pjpeg', 'application/octet-stream']) {
      const { status, json } = await post('/one', { headers: { 'content-type': type }, body: JPEG });
      expect([status, json]).toEqual([200, { type: 'image/jpeg', declared: type, size: JPEG.length }]);
    }
  });

  it('takes bodies in chunks, compressed, and forms of real clients', async () => {
    const { headers, body } = form(png(largePng));
    expect((await post('/one', { headers, body }, true)).json.size).toBe(largePng.length);
    expect((await post('/one', { headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) })).json.size).toBe(
      largePng.length,
    );
    const data = new FormData();
    data.append('file', new File([PNG], 'Müller 発票.png', { type: 'image/png' }));
    const response = await fetch(`${service.url}/one`, { method: 'POST', body: data });
    expect((await response.json()) as Seen).toMatchObject({ name: 'Müller 発票.png', size: PNG.length });
  });

  it('puts files, texts, numbers, booleans and lists into one DTO, beside the query', async () => {
    const text = (name: string, content: string): Part => ({ name, content });
    const page = { ...png(), name: 'page' };
    const parts = [text('dpi', '300'), page, text('grey', 'true'), text('tags', 'one'), text('note', 'ö "x"'), text('other', 'y')];
    const { status, json } = await post('/scan?lang=de', form(...parts));
    const expected = { page: { name: 'a.png' }, dpi: 300, grey: true, tags: ['one'], note: 'ö "x"', lang: 'de' };
    expect([status, json]).toMatchObject([200, expected]);
    expect(json).not.toHaveProperty('other');
    const bad = await post(
      '/scan',
      form(page, text('dpi', 'many'), text('grey', 'maybe'), text('__proto__', '1'), text('constructor', 'x')),
    );
    expect([bad.status, bad.json.error, bad.json.data.fields.map(({ field }: { field: string }) => field)]).toEqual([
      400,
      'invalid_request',
      ['dpi', 'grey'],
    ]);
  });

  it('gives several files in their order, and refuses more than allowed', async () => {
    const pages = [PNG, JPEG, largePng, PNG].map((content, i) => ({ name: 'pages', filename: `${i}`, content }));
    const { json } = await post('/pages', form(...pages.slice(0, 3)));
    expect(json.map(({ name, type, size }: Seen) => [name, type, size])).toEqual([
      ['0', 'image/png', PNG.length],
      ['1', 'image/jpeg', JPEG.length],
      ['2', 'image/png', largePng.length],
    ]);
    expect((await post('/pages', form(pages[0]))).json).toHaveLength(1);
    expect(verdict(await post('/pages', form(...pages)))).toEqual([400, 'too_many_files', 'pages may hold 3 at most']);
    const { json: bad } = await post('/pages', form(pages[0], { ...pages[1], content: 'no picture' }));
    expect(bad).toMatchObject({ error: 'unsupported_file', data: { fields: [{ field: 'pages[1]' }] } });
  });

  it('takes types of text by what their sender says, and types of the app by their own test', async () => {
    const table = (filename: string, content: string | Buffer, type?: string): Part => ({ name: 'table', filename, content, type });
    expect((await post('/tables', form(table('a.csv', 'a,b\n1,2\n', 'text/csv')))).json.type).toBe('text/csv');
    expect((await post('/tables', form(table('a.json', '{"ö":1}')))).json.type).toBe('application/json');
    expect((await post('/tables', form(table('a.note', 'NOTE 1')))).json.type).toBe('application/x-note');
    for (const bad of [
      table('a.csv', PNG),
      table('a.csv', Buffer.from([0xff, 0xfe, 0x41, 0])),
      table('a.php', 'a,b'),
      table('a.csv', '<script>x</script>'),
    ]) {
      expect(verdict(await post('/tables', form(bad))).slice(0, 2)).toEqual([415, 'unsupported_file']);
    }
  });

  it.each<[string, Parameters<typeof form>, number, string, string]>([
    ['no file', [{ name: 'other', content: 'x' }], 400, 'missing_file', 'file is missing: send a file in the form field "file"'],
    ['an empty form', [], 400, 'missing_file', 'file is missing: send a file in the form field "file"'],
    [
      'a text in place of the file',
      [{ name: 'file', content: 'x' }],
      400,
      'missing_file',
      'file is a text and not a file: send it as a part with a file name',
    ],
    [
      'no chosen file',
      [{ name: 'file', filename: '', type: 'application/octet-stream', content: '' }],
      400,
      'missing_file',
      'file is missing: send a file in the form field "file"',
    ],
    ['a file in another field', [{ ...png(), name: 'photo' }], 400, 'invalid_request', 'photo is no field for files: send them as "file"'],
    ['a second file', [png(), png()], 400, 'too_many_files', 'file may hold 1 at most'],
    ['an empty file', [png(Buffer.alloc(0))], 400, 'empty_file', 'file is empty'],
    [
      'an empty file of another type',
      [{ ...png(Buffer.alloc(0)), type: 'application/pdf' }],
      415,
      'unsupported_file',
      'file is, by its declared type, of a type that is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
    [
      'a PDF',
      [{ name: 'file', filename: 'a.pdf', type: 'application/pdf', content: PDF }],
      415,
      'unsupported_file',
      'file is PDF, which is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
    [
      'an SVG named PNG',
      [png(SVG)],
      415,
      'unsupported_file',
      'file is SVG, which is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
    [
      'a JPEG declared PNG',
      [{ ...png(JPEG), filename: 'a.jpg' }],
      415,
      'unsupported_file',
      'file holds JPEG although its declared type says otherwise',
    ],
    ['a JPEG named PNG', [{ ...png(JPEG), type: undefined }], 415, 'unsupported_file', 'file holds JPEG although its name says otherwise'],
    [
      'a JPEG named HTML',
      [{ ...png(JPEG, 'a.html'), type: 'image/jpeg' }],
      415,
      'unsupported_file',
      'file holds JPEG although its name says otherwise',
    ],
    [
      'noise',
      [png(Buffer.alloc(3000, 0x99))],
      415,
      'unsupported_file',
      'file is of an unknown type: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
    ['a file over the limit', [png(Buffer.concat([PNG, Buffer.alloc(megabytes(1))]))], 413, 'file_too_large', 'file is longer than 1 MB'],
    [
      'a PDF over the limit',
      [png(Buffer.concat([PDF, Buffer.alloc(megabytes(1.5))]))],
      415,
      'unsupported_file',
      'file is PDF, which is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
  ])('refuses %s', async (_case, parts, status, code, message) => {
    for (const isChunked of [false, true]) expect(verdict(await post('/one', form(...parts), isChunked))).toEqual([status, code, message]);
  });

  it('refuses what is no form, or not the whole of one', async () => {
    const { headers, body } = form(png());
    const text = 'The body is not the multipart form that its content type says';
    expect(verdict(await post('/one', { headers, body: body.subarray(0, 900) }))).toEqual([400, 'invalid_form', text]);
    expect(verdict(await post('/one', { headers, body: Buffer.from('{"a":1}') }))).toEqual([400, 'invalid_form', text]);
    expect(verdict(await post('/one', { headers: { 'content-type': 'multipart/form-data' }, body }))).toEqual([400, 'invalid_form', text]);
    const afterEnd = Buffer.concat([Buffer.from(`--${BOUNDARY}--\r\n`), body]);
    expect(verdict(await post('/one', { headers, body: afterEnd })).slice(0, 2)).toEqual([400, 'missing_file']);
    const many = Array.from({ length: 101 }, (_, i) => ({ name: `n${i}`, content: 'x' }));
    expect(verdict(await post('/one', form(...many, png())))).toEqual([400, 'invalid_form', text]);
    const long = { name: 'note', content: 'x'.repeat(70_000) };
    expect(verdict(await post('/one', form(long, png())))).toEqual([400, 'invalid_request', 'note is longer than 64 KB']);
    expect(verdict(await post('/one', { headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') })).slice(0, 2)).toEqual([
      415,
      'unsupported_media_type',
    ]);
    expect(verdict(await post('/one', { headers, body: Buffer.alloc(0) })).slice(0, 2)).toEqual([400, 'missing_file']);
    expect(verdict(await post('/one', { headers, body: Buffer.alloc(megabytes(3)) })).slice(0, 2)).toEqual([413, 'body_too_large']);
  });

  it('refuses while the file still arrives', async () => {
    const { headers, body } = form(png(Buffer.alloc(megabytes(1))));
    const { outgoing, reply } = open(service.url, {
      path: '/one',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
      isChunked: true,
      body: Buffer.from(''),
    });
    outgoing.destroy();
    await reply.catch(() => undefined);
    const { outgoing: slow, reply: answer } = open(service.url, {
      path: '/one',
      headers: { ...headers, 'content-length': String(body.length) },
      isChunked: true,
      body: body.subarray(0, 5000),
    });
    expect((await answer).statusCode).toBe(415);
    slow.destroy();
  });

  it('lets a connection be used again after a refusal', async () => {
    const bodies = [form(png(Buffer.alloc(600_000, 0x99))), form(png())];
    const statuses: number[] = [];
    for (const { headers, body } of [...bodies, ...bodies]) {
      const response = await fetch(`${service.url}/one`, { method: 'POST', headers, body: body as unknown as string });
      await response.text();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([415, 200, 415, 200]);
  });

  it('reads a file any number of times, from memory and from disk', async () => {
    for (const content of [PNG, largePng])
      expect((await post('/reread', form(png(content)))).json).toEqual({ same: true, size: content.length });
  });

  it('keeps a large file in a folder that only its user may read, and small ones in memory', async () => {
    const small = open(service.url, { path: '/hold', ...form(png()) });
    await until(() => held.running === 1);
    expect(temporaryFiles()).toEqual([]);
    const large = open(service.url, { path: '/hold', ...form(png(largePng)) });
    await until(() => held.running === 2);
    const [folder, file, ...others] = temporaryFiles();
    expect([folder.startsWith('nestage-uploads-'), file.length, others]).toEqual([true, 36, []]);
    small.outgoing.destroy();
    large.outgoing.destroy();
    await Promise.allSettled([small.reply, large.reply]);
  });

  it('leaves nothing behind when the client goes in mid-file', async () => {
    const { headers, body } = form(png(Buffer.alloc(megabytes(1), PNG)));
    const declared = { ...headers, 'content-length': String(body.length) };
    const uploads = Array.from({ length: 5 }, () =>
      open(service.url, { path: '/hold', headers: declared, isChunked: true, body: body.subarray(0, 500_000) }),
    );
    await until(() => temporaryFiles().length === 6);
    for (const { outgoing } of uploads) outgoing.destroy();
    await Promise.allSettled(uploads.map(({ reply }) => reply));
    await until(() => temporaryFiles().length === 0);
  });

  it('leaves nothing behind when the client goes in mid-work, at the deadline, and at an error of the handler', async () => {
    const left = open(service.url, { path: '/hold', ...form(png(largePng)) });
    await until(() => held.running === 1);
    left.outgoing.destroy();
    await left.reply.catch(() => undefined);
    await until(() => temporaryFiles().length === 0);
    const { status } = await post('/hold', form(png(largePng)));
    expect(status).toBe(504);
    expect(verdict(await post('/broken', form(png(largePng))))).toEqual([500, 'internal_error', 'Something went wrong']);
    const gone = held.files.filter(({ size }) => size > MEMORY_BYTES);
    expect(gone.length).toBeGreaterThan(0);
    for (const file of gone) {
      await expect(file.bytes()).rejects.toThrow('The uploaded file is gone: its request is over');
      expect(() => file.stream()).toThrow('The uploaded file is gone: its request is over');
    }
  });

  it('refuses at the deadline a body that never ends', async () => {
    const { headers, body } = form(png(largePng));
    const { outgoing, reply } = open(service.url, {
      path: '/hold',
      headers: { ...headers, 'content-length': String(body.length) },
      isChunked: true,
      body: body.subarray(0, -10),
    });
    expect((await reply).statusCode).toBe(504);
    outgoing.destroy();
  });

  it('refuses what does not decode, telling the log why and the client what', async () => {
    expect((await post('/decoded', form(png()))).status).toBe(200);
    const bad = await post('/decoded', form(png(Buffer.concat([PNG.subarray(0, 100), Buffer.alloc(5000)]))));
    expect(verdict(bad)).toEqual([422, 'corrupt_file', 'file is corrupt or incomplete and can not be decoded']);
    const lines = service.log.records.filter(({ logId }) => logId === bad.json.logid).map(({ message }) => message);
    expect(lines.join('\n')).toContain('bad huffman code at /opt/libpicture.so');
  });

  it('answers in the envelope of the route', async () => {
    expect((await post('/chat', form(png(SVG)))).json).toEqual({
      error: {
        message: 'file is SVG, which is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
        type: 'invalid_request_error',
        param: 'file',
        code: 'unsupported_file',
      },
    });
  });

  it('answers 503 to what would hold more memory than all bodies may, and goes on', async () => {
    const upload = form(png(Buffer.alloc(megabytes(1.5), PNG)));
    for (const path of ['/memory', '/loaded']) {
      letGo.waiting = [];
      const first = [post(path, upload), post(path, upload)];
      await until(() => letGo.waiting.length === 2);
      const refused = await post(path, upload);
      expect([...verdict(refused), Number(refused.headers['retry-after'])]).toEqual([
        503,
        'overloaded',
        'Service temporarily unavailable',
        expect.any(Number),
      ]);
      for (const go of letGo.waiting) go();
      expect((await Promise.all(first)).map(({ json }) => json.size)).toEqual([megabytes(1.5), megabytes(1.5)]);
      const next = post(path, upload);
      await until(() => letGo.waiting.length === 3);
      letGo.waiting[2]();
      expect((await next).status).toBe(200);
    }
  });

  it('shows the form in the API document', () => {
    const document = SwaggerModule.createDocument(service.app, new DocumentBuilder().build());
    const body = document.paths['/scan']?.post?.requestBody as { content: Record<string, { schema: object }> };
    expect(Object.keys(body.content)).toEqual(['multipart/form-data']);
    expect(body.content['multipart/form-data'].schema).toEqual({
      type: 'object',
      required: ['page', 'dpi'],
      properties: {
        page: { type: 'string', format: 'binary' },
        dpi: { type: 'integer', maximum: 600 },
        grey: { type: 'boolean' },
        tags: { type: 'array', items: { type: 'string' } },
        note: { type: 'string' },
      },
    });
  });

  it('logs what a file is and never what it holds', () => {
    const received = service.log.records.find(({ message }) => message.includes('Parse Params') && message.includes('a.png'));
    expect(received?.message).toContain('"type":"image/png"');
    expect(received?.message).toContain(`"size":`);
  });
});

describe('an upload option that can not be meant', () => {
  class IdleHandler {
    run() {
      return {};
    }
  }
  const start = (options: StageHandlerOptions): Promise<unknown> => {
    StageHandler('/x', options)(IdleHandler);
    return startTestService({ adapter: 'express', providers: [IdleHandler] });
  };

  it('fails the start, telling what is wrong', async () => {
    await expect(start({ upload: { field: 'file' } as never })).rejects.toThrow(
      `"upload" must be what images() or files() of nestage/uploads gives, got {"field":"file"} (set it in @StageHandler('/x') of IdleHandler).`,
    );
    await expect(start({ upload: images(), body: jsonBody })).rejects.toThrow(
      `IdleHandler ('/x') gives both "body" and "upload", which mean the same: keep one of them.`,
    );
  });
});

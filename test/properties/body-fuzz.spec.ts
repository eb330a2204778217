import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInstance, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { classifyError, jsonBody, kilobytes, megabytes, StageHandler, WebServiceError } from 'nestage';
import { images, UploadedFile } from 'nestage/uploads';
import { RequestContext } from '../../libs/nestage/src/core/context/request-context.js';
import { checkAgainst } from '../../libs/nestage/src/core/validation/check-against.js';
import { ArrivingBody, closed } from '../../libs/nestage/src/http/body/arriving-body.js';
import { BodyBudget } from '../../libs/nestage/src/http/body/body-budget.js';
import { RequestIntake } from '../../libs/nestage/src/http/body/request-intake.js';
import { TemporaryFiles } from '../../libs/nestage/src/http/body/temporary-files.js';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';
import { seededRandom, type SeededRandom } from '../support/seeded-random.js';
import { ADAPTERS, startTestService } from '../support/test-service.js';

/** New cases in each run; the seed of a run that failed brings its cases back. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
process.stdout.write(`The cases are those of FUZZ_SEED=${seed}\n`);

const FORMS = 16_000;
const JSONS = 8_000;
const REQUESTS_EACH = 1_000;

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(400, 'pixels')]);
const BOUNDARY = '----boundary0123';

class Item {
  @IsString() name: string;
  @IsInt() @Max(100) count: number;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Item) @IsArray() parts?: Item[];
}

class OrderRequest {
  @IsString() id: string;
  @IsIn(['open', 'closed']) state: string;
  @IsOptional() @IsBoolean() isUrgent?: boolean;
  @ValidateNested({ each: true }) @Type(() => Item) @IsArray() items: Item[];
}

class ScanRequest {
  @IsInstance(UploadedFile, { each: true }) pages: UploadedFile[];
  @IsOptional() @IsInt() dpi?: number;
  @IsOptional() @IsBoolean() grey?: boolean;
}

const upload = images({ field: 'pages', maxFiles: 3, maxBytes: kilobytes(8), memoryBytes: 600 });

@StageHandler('/scans', { request: ScanRequest, upload, unknownFields: 'keep', maxBodyBytes: kilobytes(40) })
class ScanHandler {
  async run({ pages }: ScanRequest) {
    return Promise.all(pages.map(async (page) => (await page.bytes()).length));
  }
}

@StageHandler('/orders', { request: OrderRequest, maxBodyBytes: kilobytes(40) })
class OrderHandler {
  run(order: OrderRequest) {
    return order;
  }
}

/** A body that is right, as the start of one that is not. */
function rightForm(random: SeededRandom): Buffer {
  const chunks: (string | Buffer)[] = [];
  const parts = random.integer(0, 5);
  for (let i = 0; i < parts; i++) {
    const isFile = random.next() < 0.6;
    const name = isFile
      ? 'pages'
      : random.pick(['dpi', 'grey', '__proto__', 'constructor', 'toString', 'pages', 'x'.repeat(300), '名', '']);
    chunks.push(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"`);
    if (isFile)
      chunks.push(
        random.pick([
          '; filename="a.png"',
          "; filename*=UTF-8''%e2%82%ac.png",
          '; filename="../../etc/passwd"',
          '; filename=""',
          '; filename="a.jpg"',
        ]),
      );
    const type = random.pick([
      '',
      '\r\ncontent-type: image/png',
      '\r\ncontent-type: application/octet-stream',
      '\r\ncontent-type: text/plain; charset=utf-16le',
    ]);
    const size = random.pick([0, 3, 300, 700, 9000]);
    chunks.push(
      `${type}\r\n\r\n`,
      isFile
        ? Buffer.concat([PNG.subarray(0, size), Buffer.alloc(Math.max(0, size - 408), 1)])
        : random.pick(['300', 'true', '', 'ö\0', '1e999']),
      '\r\n',
    );
  }
  chunks.push(`--${BOUNDARY}--\r\n`);
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
}

function rightJson(random: SeededRandom): Buffer {
  const item = (depth: number): object => ({ name: 'n', count: random.integer(0, 120), ...(depth > 0 && { parts: [item(depth - 1)] }) });
  const order = {
    id: 'ö"\\',
    state: random.pick(['open', 'closed', 'x']),
    isUrgent: random.pick([true, null, 1]),
    items: [item(random.integer(0, 3))],
  };
  return Buffer.from(random.pick([JSON.stringify(order), JSON.stringify(order, null, 2), '\ufeff' + JSON.stringify(order)]));
}

const TOKENS = [
  `\r\n--${BOUNDARY}`,
  `--${BOUNDARY}--`,
  '\r\n\r\n',
  '\r\n',
  '--',
  'content-disposition: form-data; name="pages"; filename="x"',
  '\0',
  '\xff\xfe',
  '"',
  '{',
  '[',
  '[[',
  '{"__proto__":{"a":1}}',
  '"constructor":{"prototype":1},',
  'null',
  '1e9999',
  '\\ud800',
  '\ufeff',
  ',',
];

/** One to six blows at a random place. */
function broken(body: Buffer, random: SeededRandom): Buffer {
  let bytes = body;
  for (let blows = random.integer(0, 6); blows > 0; blows--) {
    const at = random.integer(0, bytes.length);
    const length = random.pick([1, 2, 10, 100]);
    const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
    const blow = random.pick<() => Buffer[]>([
      () => [head, tail],
      () => [head, middle, middle, tail],
      () => [head],
      () => [head, Buffer.from(random.pick(TOKENS), 'latin1'), middle, tail],
      () => [head, Buffer.from(middle.map((byte) => byte ^ (1 << random.integer(0, 7)))), tail],
      () => [head, Buffer.from(Array.from({ length }, () => random.integer(0, 255))), tail],
      () => [tail, head],
      () => [head, Buffer.from(random.pick(TOKENS).repeat(random.integer(1, 200)), 'latin1'), tail],
    ]);
    bytes = Buffer.concat(blow());
  }
  return bytes;
}

function pieces(body: Buffer, random: SeededRandom): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + random.pick([1, 7, 64, 1000, 100_000]);
    found.push(body.subarray(at, end));
    at = end;
    if (found.length > 60) return [...found, body.subarray(at)];
  }
  return found;
}

/** The client goes away. */
async function* cut(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks.slice(0, -1);
  throw new Error('reset');
}

const contentTypeOf = (random: SeededRandom): string =>
  random.next() < 0.9
    ? `multipart/form-data; boundary=${BOUNDARY}`
    : random.pick([
        'multipart/form-data',
        'multipart/form-data; boundary=',
        `multipart/form-data; boundary="${'x'.repeat(200)}"`,
        'multipart/form-data; boundary=\u00e9',
        'image/png',
        'application/octet-stream',
        `multipart/form-data; charset=x; boundary="${BOUNDARY}"`,
      ]);

/** Runs a case; whatever is thrown must be a refusal that says so. @returns how it ended */
async function ending(name: string, work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    const { status, code } = classifyError(error);
    if (status >= 400 && status < 500) return code;
    throw new Error(`${name} of FUZZ_SEED=${seed} ended with ${status} ${code}`, { cause: error });
  }
}

function count(endings: Map<string, number>, end: string): void {
  endings.set(end, (endings.get(end) ?? 0) + 1);
}

const report = (what: string, endings: Map<string, number>): void =>
  void process.stdout.write(`${what}: ${[...endings].map(([end, times]) => `${end} ${times}`).join(', ')}\n`);

const openFiles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return !/^(?:socket:|\/proc\/)/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false; // the handle by which the folder itself was read
    }
  }).length;

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'fuzz-spec-'))));
afterAll(() => rmSync(root, { recursive: true }));

describe('malformed bodies', () => {
  it(`end as a value or a refusal, and leave nothing behind: ${FORMS} forms`, async () => {
    const random = seededRandom(seed);
    const budget = new BodyBudget(megabytes(1));
    const files = new TemporaryFiles({ temporaryFolder: root });
    const before = openFiles();
    const endings = new Map<string, number>();
    for (let i = 0; i < FORMS; i++) {
      const body = broken(rightForm(random), random);
      const chunks = pieces(body, random);
      const contentType = contentTypeOf(random);
      const isCut = random.next() < 0.05;
      const context = new RequestContext({ logId: String(i), origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
      const intake = new RequestIntake({ contentType, context, budget, files });
      const source = Readable.from(isCut ? cut(chunks) : chunks, { objectMode: false });
      const arriving = new ArrivingBody({
        source,
        context,
        maxBytes: kilobytes(40),
        failure: closed,
        tooLarge: () => new WebServiceError('too long', { code: 'body_too_large' }),
      });
      const end = await ending(`form ${i}`, async () => {
        const value = (await arriving.readBy((stream) => upload.read?.(stream, intake) ?? Promise.reject(new Error('not streamed')))) as {
          pages: UploadedFile[];
        };
        for (const page of value.pages)
          if ((await page.bytes()).length !== page.size) throw new Error('a page has another size than it says');
        if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('the form has changed its prototype');
      });
      count(endings, end);
      context.dispose();
      source.destroy();
      if (budget.bytesHeld !== 0) throw new Error(`form ${i} of FUZZ_SEED=${seed} keeps ${budget.bytesHeld} bytes`);
    }
    await files.onApplicationShutdown();
    report('forms', endings);
    expect([readdirSync(root), openFiles()]).toEqual([[], before]);
    for (const end of [
      'taken',
      'invalid_form',
      'missing_file',
      'unsupported_file',
      'too_many_files',
      'file_too_large',
      'empty_file',
      'client_closed',
    ]) {
      expect([end, endings.get(end) ?? 0]).toEqual([end, expect.any(Number)]);
      expect({ end, times: endings.get(end) ?? 0 }).not.toEqual({ end, times: 0 });
    }
  });

  it(`are parsed and validated, or refused: ${JSONS} of JSON`, async () => {
    const random = seededRandom(seed + 1);
    const endings = new Map<string, number>();
    for (let i = 0; i < JSONS; i++) {
      const body = broken(rightJson(random), random);
      const end = await ending(`JSON ${i}`, async () => {
        const value = jsonBody.parse(body, random.next() < 0.97 ? 'application/json; charset=utf-8' : 'application/json; charset=utf-16');
        const checked = await checkAgainst(OrderRequest, value, random.pick(['drop', 'keep', 'refuse']));
        if (checked.errors) count(endings, 'invalid_request');
        else if (!(checked.instance instanceof OrderRequest)) throw new Error('not an instance of the DTO');
      });
      count(endings, end);
    }
    report('JSON', endings);
    expect(({} as { a?: unknown }).a).toBeUndefined();
    expect(endings.get('taken')).toBeGreaterThan(0);
  });

  it.each(ADAPTERS)(`never bring %s to a 5xx, a crash or a leak: ${REQUESTS_EACH} requests`, async (adapter) => {
    const service = await startTestService({
      adapter,
      providers: [ScanHandler, OrderHandler],
      options: { maxBodyBytesInFlight: megabytes(8), temporaryFolder: root },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const random = seededRandom(seed + (adapter === 'express' ? 2 : 3));
    const endings = new Map<string, number>();
    const right = { '/scans': rightScan, '/orders': rightOrder };
    const before = await steady(service.url, agent, right);
    const cases = Array.from({ length: REQUESTS_EACH }, (_, i) => {
      const isForm = random.next() < 0.7;
      const body = broken(isForm ? rightForm(random) : rightJson(random), random);
      const contentType = isForm ? contentTypeOf(random) : random.pick(['application/json', 'application/vnd.x+json', 'text/plain']);
      return {
        i,
        path: isForm ? '/scans' : '/orders',
        contentType,
        chunks: pieces(body, random),
        isCut: random.next() < 0.1,
        isChunked: random.next() < 0.5,
      };
    });
    for (let at = 0; at < cases.length; at += 8) {
      const statuses = await Promise.all(cases.slice(at, at + 8).map((each) => sendCase(service.url, agent, each)));
      statuses.forEach((status, k) => {
        count(endings, String(status));
        if (status >= 500) throw new Error(`request ${at + k} of FUZZ_SEED=${seed} on ${adapter} was answered with ${status}`);
      });
    }
    report(adapter, endings);
    expect(await steady(service.url, agent, right)).toEqual(before);
    const failures = service.log.records.filter(({ message }) => /tier L[34]/.test(message)).map(({ message }) => message);
    expect(failures).toEqual([]);
    agent.destroy();
    await service.close();
    expect(readdirSync(root)).toEqual([]);
  });
});

interface Case {
  readonly path: string;
  readonly contentType: string;
  readonly chunks: readonly Buffer[];
  readonly isCut: boolean;
  readonly isChunked: boolean;
}

const rightScan: Case = {
  path: '/scans',
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  chunks: [
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="pages"; filename="a"\r\n\r\n`),
    PNG,
    PNG,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ],
  isCut: false,
  isChunked: true,
};
const rightOrder: Case = {
  path: '/orders',
  contentType: 'application/json',
  chunks: [Buffer.from('{"id":"1","state":"open","items":[]}')],
  isCut: false,
  isChunked: false,
};

/** What is open and in the temporary folder once all has settled; right requests are still served. */
async function steady(url: string, agent: Agent, right: Readonly<Record<string, Case>>): Promise<{ files: number; folders: string[] }> {
  for (const each of Object.values(right)) expect(await sendCase(url, agent, each)).toBe(200);
  for (let waited = 0; waited < 5000 && existsSync(root) && readdirSync(root).length > 0; waited += 20) await sleep(20);
  return { files: openFiles(), folders: readdirSync(root) };
}

/** @returns the status, 0 where the client itself went away or its connection was cut while it was still sending */
function sendCase(url: string, agent: Agent, { path, contentType, chunks, isCut, isChunked }: Case): Promise<number> {
  return new Promise((resolve) => {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const headers = {
      'content-type': contentType,
      ...(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }),
    };
    const { hostname, port } = new URL(url);
    const outgoing = request({ hostname, port, path, method: 'POST', agent, headers: headers as Record<string, string> }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', () => resolve(0));
    chunks.slice(0, isCut ? -1 : undefined).forEach((chunk) => outgoing.write(chunk));
    if (isCut) setImmediate(() => outgoing.destroy());
    else outgoing.end();
  });
}

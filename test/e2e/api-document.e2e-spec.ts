import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiOkResponse, ApiOperation, ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInstance,
  IsInt,
  IsOptional,
  IsPositive,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { BinaryResult, completeApiDocument, ERROR_CATALOGUE, FromPath, FromQuery, StageHandler } from 'nestage';
import { chatCompletions, embeddings, EmbeddingsHandler, type EmbeddingsResult, OpenAiModule } from 'nestage/openai';
import { hashApiKey, SecurityModule } from 'nestage/security';
import { images, UploadedFile } from 'nestage/uploads';
import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

const run = promisify(execFile);
const HOOK = join(import.meta.dirname, '../support/typescript-hook.mjs');
const OPENAPI = join(import.meta.dirname, '../../apps/vision-chat/src/openapi.ts');

class Item {
  @IsString()
  @MaxLength(40)
  @ApiProperty({ example: 'tea', description: 'What is ordered' })
  name: string;

  @IsInt()
  @Min(1)
  @ApiProperty({ example: 2 })
  count: number;
}

class OrderRequest {
  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => Item)
  @ApiProperty({ example: [{ name: 'tea', count: 2 }], type: () => [Item] })
  items: Item[];

  @IsIn(['fast', 'cheap'])
  mode: string = 'cheap';

  @IsOptional()
  @IsPositive()
  weight?: number;
}

class OrderReply {
  @IsString()
  id: string;

  @IsInt()
  pieces: number;
}

class Lookup {
  @FromPath()
  @IsString()
  id: string;

  @FromQuery()
  @IsOptional()
  @IsInt()
  @Min(1)
  page?: number;
}

class PhotoRequest {
  @IsInstance(UploadedFile)
  file: UploadedFile;

  @IsIn(['small', 'large'])
  size: string = 'small';
}

@StageHandler('/orders', { request: OrderRequest, response: OrderReply, status: 201, validationStatus: 422 })
class OrderHandler {
  run({ items }: OrderRequest): OrderReply {
    return { id: 'o-1', pieces: items.reduce((sum, { count }) => sum + count, 0) };
  }
}

@StageHandler('/orders/:id', { method: 'GET', request: Lookup, response: OrderReply })
class LookupHandler {
  @ApiOperation({ summary: 'One order', operationId: 'findOrder' })
  @ApiOkResponse({ description: 'The order, as it was sent' })
  run({ id }: Lookup): OrderReply {
    return { id, pieces: 1 };
  }
}

@StageHandler('/words', { request: OrderRequest, response: OrderReply })
class StreamHandler {
  async *run(): AsyncGenerator<OrderReply> {
    yield { id: 'a', pieces: 1 };
  }
}

@StageHandler('/photos', { request: PhotoRequest, upload: images({ field: 'file' }), produces: ['image/png'] })
class PhotoHandler {
  async run({ file }: PhotoRequest): Promise<BinaryResult> {
    return new BinaryResult(await file.bytes(), { type: 'image/png' });
  }
}

@StageHandler('/v1/chat/completions', {
  protocol: chatCompletions({ models: ['parrot'] }),
  example: { messages: [{ role: 'user', content: 'Hello' }] },
})
class ChatHandler {
  run(): string {
    return 'Hello yourself';
  }
}

@StageHandler('/v1/embeddings', { protocol: embeddings({ models: ['three'] }) })
class VectorHandler extends EmbeddingsHandler {
  embed(texts: readonly string[]): EmbeddingsResult {
    return { vectors: texts.map(() => [1, 2, 3]) };
  }
}

const providers = [OrderHandler, LookupHandler, StreamHandler, PhotoHandler, ChatHandler, VectorHandler];

interface Operation {
  operationId: string;
  summary?: string;
  parameters?: { in: string; name: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, { description: string; headers?: object; content?: Record<string, { schema: { $ref?: string } }> }>;
  security?: object[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Record<string, object>; required?: string[] }>; securitySchemes?: object };
}

function documentOf({ app }: TestService): Document {
  const config = new DocumentBuilder().setTitle('test').build();
  return completeApiDocument(app, SwaggerModule.createDocument(app, config)) as unknown as Document;
}

/** All operations have answers, references lead somewhere, ids are unique: what a generator of clients relies on. */
async function expectValid(document: Document): Promise<void> {
  const { valid, errors } = await new Validator().validate(document as object as Record<string, unknown>);
  expect([valid, errors]).toEqual([true, undefined]);
  const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  for (const name of refs) expect(document.components.schemas).toHaveProperty([name]);
  const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
}

/** Sends each example of a document as it is, and checks the answer by the document. */
async function expectExamplesToWork(service: TestService, document: Document): Promise<string[]> {
  const ajv = new Ajv({ strict: false, formats: { binary: true, byte: true, double: true } });
  const worked: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    const { requestBody, responses } = operations['post'] ?? { responses: {} };
    const example = requestBody?.content['application/json']?.example;
    if (example === undefined) continue;
    const reply = await service.post(path, example);
    const text = await reply.text();
    expect([path, reply.status, text]).toEqual([path, expect.any(Number), expect.anything()]);
    expect(Object.keys(responses)).toContain(String(reply.status));
    expect(reply.status).toBeLessThan(300);
    const type = (reply.headers.get('content-type') ?? '').split(';')[0];
    const described = responses[reply.status].content?.[type];
    expect([path, type, described]).toEqual([path, type, expect.anything()]);
    if (type === 'application/json') {
      const validate = ajv.compile({ ...described?.schema, components: document.components });
      expect([path, validate(JSON.parse(text)), validate.errors]).toEqual([path, true, null]);
    }
    worked.push(path);
  }
  return worked;
}

describe.each(ADAPTERS)('the API document on %s', (adapter) => {
  let service: TestService;
  let document: Document;
  beforeAll(async () => {
    service = await startTestService({ adapter, providers, imports: [OpenAiModule] });
    document = documentOf(service);
  });
  afterAll(() => service.close());

  it('is valid', () => expectValid(document));

  it('has examples that work as sent', async () => {
    expect(await expectExamplesToWork(service, document)).toEqual(['/orders', '/words', '/v1/chat/completions', '/v1/embeddings']);
  });

  it('tells the rules of each field', () => {
    const { OrderRequest: order, Item: item } = document.components.schemas;
    expect(order).toMatchObject({
      required: ['items'],
      properties: {
        items: { type: 'array', maxItems: 3, items: { $ref: '#/components/schemas/Item' } },
        mode: { enum: ['fast', 'cheap'], default: 'cheap' },
        weight: { minimum: 0, exclusiveMinimum: true },
      },
    });
    expect(item.properties).toMatchObject({
      name: { type: 'string', maxLength: 40, description: 'What is ordered' },
      count: { minimum: 1 },
    });
  });

  it('tells every answer, with its codes, its body and when to come again', () => {
    const { responses } = document.paths['/orders']['post'];
    expect(Object.keys(responses)).toEqual(['201', '400', '406', '413', '415', '422', '500', '502', '503', '504']);
    expect(responses['201'].content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/OrderReply' } } });
    expect(responses['422']).toMatchObject({ description: 'invalid_request', headers: { logid: expect.anything() as object } });
    expect(responses['503'].headers).toHaveProperty('Retry-After');
    expect(responses['500'].content?.['application/json'].schema).toEqual({ $ref: '#/components/schemas/ErrorBody' });
  });

  it('describes streams, files, path and query, and other protocols', () => {
    const { paths } = document;
    expect(Object.keys(paths['/words']['post'].responses['200'].content ?? {})).toEqual(['text/event-stream', 'application/x-ndjson']);
    expect(paths['/photos']['post']).toMatchObject({
      requestBody: {
        content: {
          'multipart/form-data': { schema: { properties: { file: { format: 'binary' }, size: { enum: ['small', 'large'] } } } },
          'image/png': { schema: { format: 'binary' } },
        },
      },
      responses: { 200: { content: { 'image/png': { schema: { format: 'binary' } } } } },
    });
    expect(paths['/orders/{id}']['get']).toMatchObject({
      operationId: 'findOrder',
      summary: 'One order',
      responses: { 200: { description: 'The order, as it was sent' } },
      parameters: [
        { in: 'path', name: 'id', required: true, schema: { type: 'string' } },
        { in: 'query', name: 'page', required: false, schema: { type: 'integer', minimum: 1 } },
      ],
    });
    const chat = paths['/v1/chat/completions']['post'];
    expect(chat.responses['400'].content?.['application/json'].schema.$ref).toBe('#/components/schemas/OpenAiErrorBody');
    expect(Object.keys(chat.responses['200'].content ?? {})).toEqual(['application/json', 'text/event-stream']);
  });

  it('names codes of the catalogue only', () => {
    const codes = Object.keys(ERROR_CATALOGUE);
    const { responses } = document.paths['/photos']['post'];
    for (const [status, { description }] of Object.entries(responses).filter(([code]) => Number(code) >= 400)) {
      for (const code of description.split(', ')) expect([status, codes]).toEqual([status, expect.arrayContaining([code])]);
    }
  });
});

describe('the API document', () => {
  it('tells that keys are asked for', async () => {
    const keys = [{ name: 'ann', hash: hashApiKey('a-long-enough-key-of-ann-000000000000') }];
    const service = await startTestService({
      adapter: 'express',
      providers: [OrderHandler],
      imports: [SecurityModule.forRoot({ keys, rateLimit: { limit: 10, windowMs: 1000 } })],
    });
    try {
      const document = documentOf(service);
      await expectValid(document);
      expect(document.components.securitySchemes).toEqual({ key: expect.objectContaining({ scheme: 'bearer' }) as object });
      const { security, responses } = document.paths['/orders']['post'];
      expect([security, Object.keys(responses)]).toEqual([[{ key: [] }], expect.arrayContaining(['401', '403', '429'])]);
    } finally {
      await service.close();
    }
  });

  it('of the default app is valid, and its examples work', async () => {
    const service = await startTestService({ adapter: 'express', root: AppModule.of(readAppEnvironment()) });
    try {
      const document = documentOf(service);
      await expectValid(document);
      expect(await expectExamplesToWork(service, document)).toContain('/v1/chat/completions');
    } finally {
      await service.close();
    }
  });

  it('is written to a file without loading a model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'api-document-'));
    try {
      await run(process.execPath, ['--import', HOOK, OPENAPI], { cwd: folder, env: { ...process.env, LOG_FILE: 'false' } });
      const document = JSON.parse(await readFile(join(folder, 'openapi.json'), 'utf8')) as Document;
      await expectValid(document);
      expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/v1/chat/completions', '/v1/documents/recognize', '/health']));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

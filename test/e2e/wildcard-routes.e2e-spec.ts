import { Controller, Get, Module } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import OpenAI from 'openai';
import { FromPath, FromQuery, StageHandler, WebServiceModule } from 'nestage';
import { ChatCompletionHandler, chatCompletions, OpenAiModule } from 'nestage/openai';
import { hashApiKey, SecurityModule } from 'nestage/security';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class FileRequest {
  @FromPath() @IsString() owner: string;
  @FromPath() @IsString() path: string;
  @FromQuery() @IsOptional() @IsString() v?: string;
}

@StageHandler('/files/:owner/*path', { method: 'GET', request: FileRequest })
class FileHandler {
  run(request: FileRequest) {
    return { ...request };
  }
}

@StageHandler('/notes/*path', { request: false })
class NoteHandler {
  run(body: unknown) {
    return { body };
  }
}

const IDS = ['plain', 'org/name', 'org/name/variant', 'a/b/c/d/e', '/data/models/qwen', 'with space/and %2F/ü?'] as const;

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: IDS }) })
class ChatHandler extends ChatCompletionHandler {
  run(): string {
    return 'hello';
  }
}

@Controller('/v1/models')
class CardController {
  @Get('/:owner/:name/card')
  card() {
    return { card: true };
  }
}

const key = { name: 'models', hash: hashApiKey('k'), scopes: ['/v1/models/**'] };

@Module({
  imports: [
    WebServiceModule.forRoot({ takeOver: true }),
    OpenAiModule,
    SecurityModule.forRoot({ keys: [key, { name: 'all', hash: hashApiKey('all') }] }),
  ],
  controllers: [CardController],
  providers: [FileHandler, NoteHandler, ChatHandler],
})
class AppModule {}

describe.each(ADAPTERS)('a route with a wildcard on %s', (adapter) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ adapter, root: { module: AppModule } });
  });
  afterAll(() => service.close());

  async function get(path: string, init: RequestInit = {}): Promise<[number, unknown]> {
    const response = await fetch(service.url + path, { ...init, headers: { 'x-api-key': 'all', ...init.headers } });
    return [response.status, await response.json().catch(() => undefined)];
  }

  it.each([
    ['/files/me/a', 'a'],
    ['/files/me/a/b/c.txt', 'a/b/c.txt'],
    ['/files/me/a%2Fb', 'a/b'],
    ['/files/me/a/b%20c/%E6%82%A8?v=1', 'a/b c/您'],
    ['/files/me/a%252Fb/c', 'a%2Fb/c'],
    ['/files/me//a', '/a'],
    ['/files/me/a/', 'a/'],
  ])('takes the rest of %s as a text', async (path, rest) => {
    const v = path.endsWith('?v=1') ? { v: '1' } : {};
    expect(await get(path)).toEqual([200, { owner: 'me', path: rest, ...v }]);
  });

  it('reads the body of its requests by its own rules, and tells other methods what it takes', async () => {
    const response = await service.post('/notes/a/b', { x: 1 }, { headers: { 'x-api-key': 'all' } });
    expect(await response.json()).toEqual({ body: { x: 1 } });
    const broken = await service.post('/notes/a/b', '{', { headers: { 'x-api-key': 'all' } });
    expect([broken.status, await broken.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_json' })]);
    const [status, body] = await get('/notes/a/b');
    expect([status, body]).toEqual([405, expect.objectContaining({ error: 'method_not_allowed' })]);
    const head = await fetch(`${service.url}/files/me/a/b`, { method: 'HEAD', headers: { 'x-api-key': 'all' } });
    expect(head.status).toBe(200);
  });

  describe('finds models', () => {
    it.each(IDS)('%s by its id, encoded as the client does', async (id) => {
      const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'k', maxRetries: 0 });
      expect(await client.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    });

    it.each(IDS)('%s by its id with bare slashes', async (id) => {
      const bare = id.split('/').map(encodeURIComponent).join('/');
      expect(await get(`/v1/models/${bare}`)).toEqual([200, expect.objectContaining({ id })]);
    });

    it.each(['unknown', 'org/unknown', 'org/name/variant/x', 'org%2Fname/variant%2Fx', 'org'])(
      'answers 404 in the envelope for %s',
      async (id) => {
        const message = `The model '${decodeURIComponent(id)}' does not exist`;
        expect(await get(`/v1/models/${id}`)).toEqual([
          404,
          { error: { message, type: 'invalid_request_error', param: null, code: 'model_not_found' } },
        ]);
      },
    );

    it('leaves other routes alone', async () => {
      expect(await get('/v1/models')).toEqual([200, { object: 'list', data: IDS.map((id) => expect.objectContaining({ id })) }]);
      expect(await get('/v1/models/')).toEqual(await get('/v1/models'));
      expect(await get('/v1/models/org/name/card')).toEqual([200, { card: true }]);
      for (const path of ['/v1/models/a/b/c', '/v1/models/a'])
        expect(await get(path, { method: 'POST' })).toEqual([
          405,
          { error: expect.objectContaining({ code: 'method_not_allowed', message: expect.stringContaining('GET') }) },
        ]);
      expect(await get('/v1/modelsx/a/b')).toEqual([404, expect.objectContaining({ error: 'not_found' })]);
      expect(await get('/v1/responses/a/b')).toEqual([404, expect.objectContaining({ error: 'not_found' })]);
    });

    it('asks for the key of their path', async () => {
      const status = async (path: string, apiKey: string): Promise<number> => (await get(path, { headers: { 'x-api-key': apiKey } }))[0];
      expect(await status('/v1/models/org/name/variant', 'k')).toBe(200);
      expect(await status('/v1/models/org/name/variant', 'wrong')).toBe(401);
      expect(await status('/files/me/a', 'k')).toBe(403);
    });
  });
});

describe('a wildcard that not every adapter understands', () => {
  it.each(['/files/*path/raw', '/files/a*', '/files/{*path}'])('is a fault at start: %s', async (path) => {
    @StageHandler(path, { request: false })
    class WildHandler {
      run(): void {}
    }
    await expect(startTestService({ adapter: 'express', providers: [WildHandler] })).rejects.toThrow(
      `WildHandler ('${path}'): a wildcard must be the last segment, such as '/files/*path'.`,
    );
  });
});

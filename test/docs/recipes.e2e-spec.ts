import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StageHandler } from 'nestage';
import { JobsModule } from 'nestage/jobs';
import { chatCompletions } from 'nestage/openai';
import { startTestService, type TestService } from 'nestage/testing';
import { ThreadsModule } from 'nestage/threads';
import OpenAI from 'openai';
import sharp from 'sharp';
import { fencesOf } from '../support/markdown-fences.js';
import { tinyOnnxModel } from '../support/tiny-onnx-model.js';
import { until } from '../support/until.js';

const root = join(import.meta.dirname, '../..');
const RECIPES = join(root, 'docs/examples/recipes');
const handlerOf = <T>(file: string): T => require(join(RECIPES, `${file}.ts`)) as T; // eslint-disable-line @typescript-eslint/no-require-imports -- after the environment is set

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['llama3.2'] }) })
class UpstreamServer {
  async *run(): AsyncGenerator<string> {
    yield* ['Hello', ' from', ' upstream'];
  }
}

describe('docs/22-recipes.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestage-recipes-'));
  let upstream: TestService;
  let service: TestService;

  beforeAll(async () => {
    const file = join(folder, 'model.onnx');
    writeFileSync(file, tinyOnnxModel());
    upstream = await startTestService({ providers: [UpstreamServer] });
    Object.assign(process.env, { MODEL_FILE: file, UPSTREAM_URL: `${upstream.url}/v1` });
    service = await startTestService({
      imports: [ThreadsModule, JobsModule.forRoot()],
      providers: [
        handlerOf<typeof import('../../docs/examples/recipes/onnx.handler.js')>('onnx.handler').OnnxHandler,
        handlerOf<typeof import('../../docs/examples/recipes/upstream.handler.js')>('upstream.handler').UpstreamHandler,
        handlerOf<typeof import('../../docs/examples/recipes/vectors.handler.js')>('vectors.handler').VectorsHandler,
        handlerOf<typeof import('../../docs/examples/recipes/report.handler.js')>('report.handler').ReportHandler,
        handlerOf<typeof import('../../docs/examples/recipes/thumbnail.handler.js')>('thumbnail.handler').ThumbnailHandler,
        handlerOf<typeof import('../../docs/examples/recipes/open-inference.handler.js')>('open-inference.handler').OpenInferenceHandler,
      ],
    });
  });
  afterAll(async () => {
    await service?.close();
    await upstream?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const client = (): OpenAI => new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });

  it('shows the files as they are', () => {
    const shown = fencesOf(join(root, 'docs/22-recipes.md')).filter(({ language }) => language === 'ts');
    expect(shown).toHaveLength(7);
    for (const { code } of shown) {
      const [, file, text] = /^\/\/ examples\/recipes\/(\S+)\n([^]*)$/.exec(code) ?? [];
      expect(text.trim()).toBe(readFileSync(join(RECIPES, file), 'utf8').trim());
    }
  });

  it('runs an ONNX model in threads', async () => {
    const reply = await service.post('/v1/scale', { values: [1, 2.5] });
    expect([reply.status, await reply.json()]).toEqual([200, { values: [2, 5] }]);
    expect((await service.post('/v1/scale', { values: ['a'] })).status).toBe(400);
  });

  it('passes chats on', async () => {
    const { choices } = await client().chat.completions.create({ model: 'llama3.2', messages: [{ role: 'user', content: 'Hi' }] });
    expect(choices[0].message.content).toBe('Hello from upstream');
  });

  it('embeds in batches', async () => {
    const inputs = ['abba', 'c', 'zebra'];
    const vectors = await Promise.all(inputs.map((input) => client().embeddings.create({ model: 'letters', input })));
    expect(vectors.map(({ data }) => data[0].embedding.slice(0, 3))).toEqual([
      [2, 2, 0],
      [0, 0, 1],
      [1, 1, 0],
    ]);
  });

  it('makes a report as a job', async () => {
    const taken = await service.post('/v1/reports', { pages: 3 }, { headers: { prefer: 'respond-async' } });
    expect(taken.status).toBe(202);
    const address = service.url + (taken.headers.get('location') ?? '');
    const result = (): Promise<Response> => fetch(`${address}/result`);
    await until(async () => (await result()).status === 200);
    expect(await (await result()).json()).toEqual({ pages: 3 });
    expect(await (await fetch(address)).json()).toMatchObject({ state: 'succeeded', progress: 1 });
  });

  it('makes a thumbnail', async () => {
    const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: 'teal' } })
      .png()
      .toBuffer();
    const form = new FormData();
    form.append('file', new File([picture], 'a.png', { type: 'image/png' }));
    form.append('width', '64');
    const reply = await fetch(`${service.url}/v1/thumbnails`, { method: 'POST', body: form });
    if (reply.status !== 200) throw new Error(await reply.text());
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(await sharp(Buffer.from(await reply.arrayBuffer())).metadata()).toMatchObject({ format: 'webp', width: 64, height: 48 });
  });

  it('speaks a protocol of its own', async () => {
    const reply = await service.post('/v2/models/sum/infer', { inputs: [{ name: 'a', data: [1, 2, 3] }] });
    expect(await reply.json()).toMatchObject({ model_name: 'sum', outputs: [{ data: [6] }] });
    const refused = await service.post('/v2/models/sum/infer', { inputs: 'none' });
    expect([refused.status, await refused.json()]).toEqual([400, { error: expect.stringMatching(/^invalid_request: inputs/) as string }]);
  });
});

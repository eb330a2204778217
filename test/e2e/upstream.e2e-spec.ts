import { readFile } from 'node:fs/promises';
import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { isWebServiceError, ModelError, ValidationError, WebService } from 'nestage';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { UpstreamAppModule, type UpstreamPatience } from '../../apps/vision-chat/src/upstream/upstream-app.module.js';
import { VisionLanguageModel } from '../../apps/vision-chat/src/upstream/vision-language-model.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { imagePart, textPart } from '../support/vision-chat-service.js';
import { type Misbehaviour, startVisionLanguageServer, type VisionLanguageServer } from '../support/vision-language-server.js';

let upstream: VisionLanguageServer;
let invoice: Buffer;

beforeAll(async () => {
  upstream = await startVisionLanguageServer();
  invoice = await readFile(new URL('../../apps/vision-chat/samples/invoice.png', import.meta.url));
});
afterAll(() => upstream.close());
beforeEach(() => upstream.misbehave());

const lastRequest = () => upstream.requests[upstream.requests.length - 1];

async function failureOf<T = Error>(work: PromiseLike<unknown>): Promise<T> {
  const outcome = await Promise.resolve(work).then(
    () => undefined,
    (error: T) => ({ error }),
  );
  if (!outcome) throw new Error('did not fail');
  return outcome.error;
}

const REPLY = 'I see 1 images. 您问: What is it? 🧾 thank you';

/** How each misbehaviour is told to a client: status and code. What the server said stands in the log only. */
const FAILURES: readonly (readonly [string, Misbehaviour, number, string])[] = [
  ['refuses with 400', { kind: 'status', status: 400, message: 'secret of the upstream' }, 502, 'model_error'],
  ['refuses the key', { kind: 'status', status: 401, message: 'secret of the upstream' }, 502, 'model_error'],
  ['is busy', { kind: 'status', status: 429, message: 'secret of the upstream', headers: { 'retry-after': '7' } }, 503, 'model_overloaded'],
  ['fails with 500', { kind: 'status', status: 500, message: 'secret of the upstream' }, 502, 'model_error'],
  ['is overloaded with 503', { kind: 'status', status: 503, message: 'secret of the upstream' }, 502, 'model_error'],
  ['closes the connection', { kind: 'cut' }, 502, 'model_error'],
  ['answers HTML', { kind: 'text', text: '<html>proxy</html>', type: 'text/html' }, 502, 'model_error'],
  ['answers other JSON', { kind: 'text', text: '{"hello":"secret of the upstream"}' }, 502, 'model_error'],
  ['answers an empty list of choices', { kind: 'text', text: '{"choices":[]}' }, 502, 'model_error'],
  ['answers broken JSON', { kind: 'text', text: '{"choices":[' }, 502, 'model_error'],
  ['streams what is no JSON', { kind: 'text', text: 'data: oh\n\n', type: 'text/event-stream' }, 502, 'model_error'],
  ['streams chunks of another kind', { kind: 'text', text: 'data: {"a":1}\n\n', type: 'text/event-stream' }, 502, 'model_error'],
  ['streams nothing', { kind: 'text', text: 'data: [DONE]\n\n', type: 'text/event-stream' }, 502, 'model_error'],
];

describe(VisionLanguageModel.name, () => {
  const model = (): VisionLanguageModel => new VisionLanguageModel({ baseUrl: upstream.baseUrl, model: 'qwen-vl' });
  const picture = 'data:image/png;base64,AAAA';

  it('sends the image before the text, in the form of its kind, with the defaults of a vision model', async () => {
    expect(await model().chat(picture, 'What is it?')).toBe(REPLY);
    expect(lastRequest().path).toBe('/v1/chat/completions');
    expect(lastRequest().headers.authorization).toBe('Bearer not empty');
    expect(lastRequest().body).toEqual({
      model: 'qwen-vl',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', image: picture },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
      temperature: 0.4,
      top_p: 0.8,
      max_tokens: 1024,
      repetition_penalty: 1.2,
    });
    const options = { imageType: 'image_url', temperature: 0, topP: 1, maxTokens: 5, repetitionPenalty: 1 } as const;
    await model().chat({ url: picture }, 'What is it?', options);
    expect(lastRequest().body).toMatchObject({ temperature: 0, top_p: 1, max_tokens: 5, repetition_penalty: 1 });
    expect(lastRequest().body.messages[0].content[0]).toEqual({ type: 'image_url', image_url: { url: picture } });
    await model().chat(picture, 'What is it?', { imageType: 'image_url' });
    expect(lastRequest().body.messages[0].content[0]).toEqual({ type: 'image_url', image_url: picture });
  });

  it('refuses other kinds of images without a call', async () => {
    const before = upstream.requests.length;
    const error = await failureOf(model().chat(picture, 'What?', { imageType: 'video' as 'image' }));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toBe('imageType must be image or image_url, got video');
    expect(upstream.requests.length).toBe(before);
  });

  it.each(FAILURES.filter(([name]) => !name.startsWith('streams')))(
    'fails with a ModelError when the server %s, once',
    async (_name, misbehaviour, _status, code) => {
      upstream.misbehave(misbehaviour);
      const before = upstream.requests.length;
      const error = await failureOf<ModelError>(model().chat(picture, 'What?'));
      expect(error).toBeInstanceOf(ModelError);
      expect(isWebServiceError(error) && error.code).toBe(code);
      expect(error.retryAfterSeconds ?? NaN).toBe(code === 'model_overloaded' ? 7 : NaN);
      expect(error.cause).toHaveProperty('message');
      expect(upstream.requests.length - before).toBe(1);
    },
  );

  it('fails with model_timeout past its time, with model_error where nobody listens, and with the reason of its signal', async () => {
    upstream.misbehave({ kind: 'hang' });
    expect(await failureOf(model().chat(picture, 'What?', { timeoutMs: 100 }))).toMatchObject({ code: 'model_timeout' });
    await until(() => lastRequest().isLeft);
    const nowhere = new VisionLanguageModel({ baseUrl: 'http://127.0.0.1:9/v1', model: 'm' });
    expect(await failureOf(nowhere.chat(picture, 'What?'))).toMatchObject({
      code: 'model_error',
      message: expect.stringContaining('can not be reached'),
    });
    upstream.misbehave({ kind: 'hang' });
    const reason = new Error('enough');
    const controller = new AbortController();
    const before = upstream.requests.length;
    const call = failureOf(model().chat(picture, 'What?', { signal: controller.signal }));
    await until(() => upstream.requests.length > before);
    controller.abort(reason);
    expect(await call).toBe(reason);
  });

  it('takes nothing from the environment that belongs to another service', async () => {
    process.env['OPENAI_ORG_ID'] = 'org-of-somebody';
    try {
      await model().chat(picture, 'What is it?');
      expect(lastRequest().headers['openai-organization']).toBeUndefined();
    } finally {
      delete process.env['OPENAI_ORG_ID'];
    }
  });
});

describe.each(ADAPTERS)('vision-chat with an upstream model on %s', (adapter) => {
  const start = (patience: UpstreamPatience, isEmbeddedFallback = false): Promise<TestService> => {
    const environment = { baseUrl: upstream.baseUrl, apiKey: 'k-1', model: 'qwen-vl', isEmbeddedFallback };
    return startTestService({ adapter, root: UpstreamAppModule.of(environment, readAppEnvironment({}), patience) });
  };
  const clientOf = ({ url }: TestService): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  const question = () => ({
    model: 'qwen-vl',
    messages: [{ role: 'user' as const, content: [imagePart(invoice), textPart('What is it?')] }],
  });

  describe('without retries', () => {
    let service: TestService;
    let client: OpenAI;

    beforeAll(async () => {
      service = await start({ timeoutMs: 4000, itemTimeoutMs: 2500 });
      client = clientOf(service);
    });
    afterAll(() => service.close());

    it('answers with what the upstream model says, and its usage', async () => {
      const { choices, usage, model } = await client.chat.completions.create(question());
      expect([choices[0].message.content, choices[0].finish_reason, model]).toEqual([REPLY, 'stop', 'qwen-vl']);
      expect(usage).toMatchObject({ prompt_tokens: 91, completion_tokens: REPLY.split(' ').length });
    });

    it('hands on what the client said and nothing that it did not', async () => {
      await client.chat.completions.create({
        ...question(),
        messages: [{ role: 'system', content: 'Be brief.' }, ...question().messages],
        temperature: 0.1,
        max_completion_tokens: 50,
        stop: 'END',
        seed: 3,
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      });
      expect(lastRequest().headers.authorization).toBe('Bearer k-1');
      expect(lastRequest().body).toEqual({
        model: 'qwen-vl',
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [imagePart(invoice), textPart('What is it?')] },
        ],
        temperature: 0.1,
        max_tokens: 50,
        stop: ['END'],
        seed: 3,
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      });
    });

    it('hands on what such servers take beside it, by a list', async () => {
      const extras = {
        top_k: 40,
        min_p: 0.05,
        typical_p: 0.9,
        repetition_penalty: 1.1,
        repeat_penalty: 1.2,
        min_tokens: 1,
        stop_token_ids: [7, 8],
      };
      const others = { best_of: 100, chat_template: '{{ x }}', chat_template_kwargs: { tokenize: true }, guided_json: {}, priority: -1 };
      await client.chat.completions.create({ ...question(), ...extras, ...others });
      const { model: _model, stream: _stream, stream_options: _options, messages: _messages, ...sent } = lastRequest().body;
      expect(sent).toEqual(extras);
      const absent = Object.fromEntries(Object.keys(extras).map((name) => [name, null]));
      await client.chat.completions.create({ ...question(), ...absent });
      expect(Object.keys(lastRequest().body).sort()).toEqual(['messages', 'model', 'stream', 'stream_options']);
    });

    it.each([
      ['top_k', -2],
      ['top_k', 1.5],
      ['min_p', 2],
      ['typical_p', -1],
      ['repetition_penalty', 0],
      ['repeat_penalty', '1.1'],
      ['min_tokens', -1],
      ['stop_token_ids', [1.5]],
      ['stop_token_ids', Array(65).fill(1)],
    ])('refuses %s of %j without a call', async (field, value) => {
      const before = upstream.requests.length;
      const error = await failureOf<APIError>(client.chat.completions.create({ ...question(), [field]: value }));
      expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', field]);
      expect(upstream.requests.length).toBe(before);
    });

    it('passes a stream on token by token', async () => {
      upstream.misbehave({ kind: 'slow', ms: 60 });
      const before = upstream.written();
      const leads: number[] = [];
      let said = '';
      for await (const chunk of await client.chat.completions.create({ ...question(), stream: true })) {
        said += chunk.choices[0].delta.content ?? '';
        leads.push(upstream.written() - before);
      }
      expect(said).toBe(REPLY);
      expect(leads[0]).toBeLessThan(leads.at(-1) ?? 0);
      expect(leads.length).toBeGreaterThan(8);
    });

    it('chats without pictures, too, which the embedded model does not', async () => {
      const completion = await client.chat.completions.create({ model: 'qwen-vl', messages: [{ role: 'user', content: 'Hello' }] });
      expect(completion.choices[0].message.content).toBe('I see 0 images. 您问: Hello 🧾 thank you');
    });

    it('lists the upstream model, and the embedded one of its own path', async () => {
      expect((await client.models.list()).data.map(({ id }) => id).sort()).toEqual(['pp-ocrv4', 'qwen-vl']);
    });

    it.each(FAILURES)('answers when the server %s, and keeps its words in the log', async (_name, misbehaviour, status, code) => {
      for (const stream of [false, true]) {
        upstream.misbehave(misbehaviour);
        const error = await failureOf<APIError>(client.chat.completions.create({ ...question(), stream }));
        expect(error).toBeInstanceOf(APIError);
        expect([error.status, error.code, error.type]).toEqual([status, code, 'server_error']);
        expect(error.headers?.get('retry-after')).toBe(status === 503 ? '7' : null);
        expect(error.message).toBe(`${status} Service temporarily unavailable`);
        const log = service.log.of(error.requestID ?? '').join('\n');
        expect(log).toContain('The upstream model');
        if (misbehaviour.kind === 'status') expect(log).toContain('secret of the upstream');
      }
    });

    it.each([
      { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' },
      { message: 'the request exceeds what is available', type: 'exceed_context_size_error', code: 400 },
      { message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens", code: 400 },
    ])('says that a chat is too long, in words of its own, and does not ask again: %j', async (said) => {
      const before = upstream.requests.length;
      upstream.misbehave({ kind: 'text', status: 400, text: JSON.stringify({ error: said }) });
      const error = await failureOf<APIError>(client.chat.completions.create({ ...question(), stream: true }));
      expect([error.status, error.code, error.type, error.param]).toEqual([
        400,
        'context_length_exceeded',
        'invalid_request_error',
        'messages',
      ]);
      expect(error.message).toBe('400 The chat is longer than the model can take: shorten the messages, or ask for fewer tokens');
      expect(upstream.requests.length).toBe(before + 1);
    });

    it('answers 504 when the server says nothing in time, and leaves it', async () => {
      upstream.misbehave({ kind: 'hang' });
      const error = await failureOf<APIError>(client.chat.completions.create(question()));
      expect([error.status, error.code]).toEqual([504, 'deadline_exceeded']);
      await until(() => lastRequest().isLeft);
    });

    it.each<[string, Misbehaviour]>([
      ['is cut', { kind: 'cut', afterChunks: 3 }],
      ['ends without a finish reason', { kind: 'unfinished' }],
      ['tells an error', { kind: 'error-event' }],
    ])('tells in mid-stream that the upstream stream %s', async (_name, misbehaviour) => {
      upstream.misbehave(misbehaviour);
      let said = '';
      const stream = await client.chat.completions.create({ ...question(), stream: true });
      const error = await failureOf<APIError>(
        (async () => {
          for await (const { choices } of stream) said += choices[0].delta.content ?? '';
        })(),
      );
      expect(REPLY.startsWith(said) && said.length > 0).toBe(true);
      expect(error).toMatchObject({ status: undefined, code: 'model_error', message: 'Service temporarily unavailable' });
      upstream.misbehave(misbehaviour);
      expect(await failureOf<APIError>(client.chat.completions.create(question()))).toMatchObject({ status: 502, code: 'model_error' });
    });

    it('stops the upstream call when its client leaves', async () => {
      upstream.misbehave({ kind: 'slow', ms: 100 });
      const stream = await client.chat.completions.create({ ...question(), stream: true });
      for await (const _chunk of stream) break;
      await until(() => lastRequest().isLeft);
      upstream.misbehave({ kind: 'hang' });
      const controller = new AbortController();
      const before = upstream.requests.length;
      const plain = failureOf(client.chat.completions.create(question(), { signal: controller.signal }));
      await until(() => upstream.requests.length > before);
      controller.abort();
      expect(await plain).toBeInstanceOf(APIUserAbortError);
      await until(() => lastRequest().isLeft && service.app.get(WebService).openRequests === 0);
    });

    it('keeps 20 chats apart', async () => {
      const said = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const messages = [{ role: 'user' as const, content: `question ${n}` }];
          const { choices } = await client.chat.completions.create({ model: 'qwen-vl', messages });
          return choices[0].message.content?.includes(`您问: question ${n} 🧾`);
        }),
      );
      expect(said).not.toContain(false);
    });
  });

  it('keeps its breaker closed for a client whose requests the server refuses, which the embedded model may still answer', async () => {
    const service = await start({ breaker: { errorThreshold: 2, resetIntervalMs: 60_000 } }, true);
    try {
      const client = clientOf(service);
      for (let refused = 0; refused < 3; refused++) {
        upstream.misbehave({ kind: 'status', status: [400, 413, 422][refused] });
        const { data, response } = await client.chat.completions.create(question()).withResponse();
        expect(data.choices[0].message.content).toContain('2024-0117');
        expect(response.headers.get('x-degraded')).toBe('true');
      }
      expect((await client.chat.completions.create(question())).choices[0].message.content).toBe(REPLY);
    } finally {
      await service.close();
    }
  });

  it('tries again what may pass, opens its breaker, and has the embedded model answer then', async () => {
    const patience: UpstreamPatience = { retry: { attempts: 2, baseMs: 5 }, breaker: { errorThreshold: 2, resetIntervalMs: 60_000 } };
    const service = await start(patience, true);
    try {
      const client = clientOf(service);
      const count = (): number => upstream.requests.length;
      const ask = async () => {
        const before = count();
        const { data, response } = await client.chat.completions.create(question()).withResponse();
        return [data.choices[0].message.content, count() - before, response.headers.get('x-degraded')];
      };
      const failing: Misbehaviour = { kind: 'status', status: 500 };
      upstream.misbehave(failing);
      expect(await ask()).toEqual([REPLY, 2, null]);
      upstream.misbehave(failing, failing);
      expect(await ask()).toEqual([expect.stringContaining('2024-0117'), 2, 'true']);
      upstream.misbehave(failing, failing);
      expect(await ask()).toEqual([expect.stringContaining('2024-0117'), 2, 'true']);
      expect(await ask()).toEqual([expect.stringContaining('2024-0117'), 0, 'true']);
      let streamed = '';
      for await (const { choices } of await client.chat.completions.create({ ...question(), stream: true }))
        streamed += choices[0].delta.content ?? '';
      expect(streamed).toContain('2024-0117');
      const words = failureOf<APIError>(client.chat.completions.create({ model: 'qwen-vl', messages: [{ role: 'user', content: 'Hi' }] }));
      expect((await words).status).toBe(503);
    } finally {
      await service.close();
    }
  });
});

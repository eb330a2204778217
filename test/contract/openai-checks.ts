import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming, ChatCompletionTool } from 'openai/resources';
import { until } from '../support/until.js';
import { all, type Check, failureOf, type Target } from './check.js';
import { MANY_BYTES, TOOL_ARGUMENTS } from './scripted-model.js';

type Request = ChatCompletionCreateParamsNonStreaming;

const clientOf = ({ url }: Target, options: { maxRetries?: number; timeout?: number } = {}): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, ...options });

const ask = (command: string, more: Partial<Request> = {}): Request => ({
  model: 'scripted',
  messages: [
    { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'user', content: command },
  ],
  ...more,
});

/** The client's stream helper, at its end. */
const helped = (target: Target, request: Request) =>
  clientOf(target)
    .chat.completions.stream({ ...request, stream: true })
    .finalChatCompletion();

const chunksOf = async (target: Target, request: Request): Promise<ChatCompletionChunk[]> =>
  all(await clientOf(target).chat.completions.create({ ...request, stream: true }));

const textOf = (chunks: readonly ChatCompletionChunk[], index = 0): string =>
  chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index).map(({ delta }) => delta.content ?? '')).join('');

const weather: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

/** What OpenAI's own client must be able to do. */
export const openAiChecks: readonly Check[] = [
  {
    title: 'lists the models and finds one by its id, slashes and all',
    async run(target) {
      const { models } = clientOf(target);
      expect((await all(models.list())).map(({ id }) => id)).toEqual(['scripted', 'org/scripted-large']);
      expect(await models.retrieve('scripted')).toMatchObject({ id: 'scripted', object: 'model', created: expect.any(Number) });
      expect((await models.retrieve('org/scripted-large')).id).toBe('org/scripted-large');
      expect(await (await fetch(`${target.url}/v1/models/org/scripted-large`)).json()).toHaveProperty('id', 'org/scripted-large');
      const error = await failureOf<APIError>(models.retrieve('org/unknown'));
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ code: 'model_not_found', type: 'invalid_request_error', param: null });
    },
  },
  {
    title: 'gets a completion, whole, with its usage and its request id',
    async run(target) {
      const completion = await clientOf(target).chat.completions.create(ask('bytes'));
      expect(completion).toMatchObject({
        object: 'chat.completion',
        model: 'scripted',
        created: expect.any(Number),
        choices: [{ index: 0, message: { role: 'assistant', content: MANY_BYTES, refusal: null }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 17, completion_tokens: 23, total_tokens: 40 },
      });
      expect(completion.created).toBeGreaterThan(Date.now() / 1000 - 60);
      expect(completion.created).toBeLessThan(Date.now() / 1000 + 60);
      expect(completion.id).toBe(`chatcmpl-${completion._request_id}`);
    },
  },
  {
    title: 'gets a stream whose chunks are whole and of one completion',
    async run(target) {
      for (const command of ['bytes', 'halves']) {
        const chunks = await chunksOf(target, ask(command));
        expect(textOf(chunks)).toBe(MANY_BYTES);
        expect(chunks.length).toBeGreaterThan(20);
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
        expect(new Set(chunks.map(({ created }) => created)).size).toBe(1);
        expect(chunks.every(({ object, model }) => object === 'chat.completion.chunk' && model === 'scripted')).toBe(true);
        expect(chunks[0].choices[0].delta.role).toBe('assistant');
        expect(chunks.every(({ choices }) => choices.length === 1 && choices[0].index === 0)).toBe(true);
        const reasons = chunks.map(({ choices: [{ finish_reason: reason }] }) => reason);
        expect(reasons).toEqual([...reasons.slice(1).map(() => null), 'stop']);
        for (const { choices } of chunks) expect(choices[0].delta.content ?? '').not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
        expect(chunks.some(({ usage }) => usage)).toBe(false);
      }
    },
  },
  {
    title: 'finds the stream framed as it should be, to its one [DONE]',
    async run(target) {
      const reply = await fetch(`${target.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ ...ask('say one two'), stream: true }),
      });
      expect(reply.status).toBe(200);
      expect(reply.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(reply.headers.get('cache-control')).toContain('no-cache');
      const events = (await reply.text()).split('\n\n');
      expect(events.pop()).toBe('');
      expect(events.pop()).toBe('data: [DONE]');
      for (const event of events) expect(JSON.parse(/^data: (.*)$/.exec(event)?.[1] ?? 'no event')).toHaveProperty('choices');
    },
  },
  {
    title: 'gets tokens as they are made, not at the end',
    async run(target) {
      const words: string[] = [];
      const stream = await clientOf(target).chat.completions.create({ ...ask('held'), stream: true });
      for await (const { choices } of stream) {
        if (!choices[0]?.delta.content) continue;
        words.push(choices[0].delta.content);
        target.runs.release(); // the model makes the second once the first is here
      }
      expect(words.join('')).toBe('before after');
    },
  },
  {
    title: 'gets the usage of a stream when it asks, in a last chunk without choices',
    async run(target) {
      const chunks = await chunksOf(target, ask('bytes', { stream_options: { include_usage: true } }));
      const last = chunks.at(-1);
      expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 17, completion_tokens: 23, total_tokens: 40 } });
      expect(chunks.slice(0, -1).every(({ usage, choices }) => !usage && choices.length === 1)).toBe(true);
    },
  },
  {
    title: 'is led to the end by its stream helper',
    async run(target) {
      const runner = clientOf(target).chat.completions.stream({ ...ask('say well then'), stream: true });
      const deltas: string[] = [];
      runner.on('content', (delta) => deltas.push(delta));
      const completion = await runner.finalChatCompletion();
      expect(completion.choices[0]).toMatchObject({ message: { role: 'assistant', content: 'well then' }, finish_reason: 'stop' });
      expect(deltas.join('')).toBe('well then');
      const nothing = await helped(target, ask('nothing'));
      expect([nothing.choices[0].message.content || '', nothing.choices[0].finish_reason]).toEqual(['', 'stop']);
    },
  },
  {
    title: 'gets a plain answer from a model that says all at once, and a stream of it',
    async run(target) {
      const completion = await clientOf(target).chat.completions.create(ask('result'));
      expect(completion.choices[0]).toMatchObject({ message: { content: 'said at once' }, finish_reason: 'length' });
      const chunks = await chunksOf(target, ask('result'));
      expect([textOf(chunks), chunks.at(-1)?.choices[0].finish_reason]).toEqual(['said at once', 'length']);
    },
  },
  {
    title: 'gets calls of tools, whole and in fragments',
    async run(target) {
      const request = ask('tool', { tools: [weather], tool_choice: { type: 'function', function: { name: 'get_weather' } } });
      const {
        choices: [{ message, finish_reason: reason }],
      } = await clientOf(target).chat.completions.create(request);
      expect([reason, message.content]).toEqual(['tool_calls', null]);
      const callsOf = (calls: OpenAI.ChatCompletionMessageToolCall[] = []) =>
        calls.map((call) => [call.id, call.type, call.type === 'function' && [call.function.name, JSON.parse(call.function.arguments)]]);
      const wanted = [
        ['call_first', 'function', ['get_weather', TOOL_ARGUMENTS]],
        ['call_second', 'function', ['get_weather', { city: 'Oslo', days: 1, units: [] }]],
      ];
      expect(callsOf(message.tool_calls)).toEqual(wanted);
      const streamed = await helped(target, request);
      expect(callsOf(streamed.choices[0].message.tool_calls)).toEqual(wanted);
      expect(streamed.choices[0].finish_reason).toBe('tool_calls');
      const chunks = await chunksOf(target, request);
      expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []).length).toBeGreaterThan(5);
    },
  },
  {
    title: 'may answer a call of a tool',
    async run(target) {
      const completion = await clientOf(target).chat.completions.create({
        model: 'scripted',
        messages: [
          { role: 'user', content: 'whole thanks' },
          { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
          { role: 'tool', tool_call_id: 'c1', content: '12 C' },
        ],
      });
      expect(completion.choices[0].message.content).toBe('thanks');
      const prompt = target.runs.prompts.at(-1);
      expect(prompt?.messages[1].tool_calls?.[0].function).toEqual({ name: 'f', arguments: '{}' });
      expect(prompt?.messages[2].tool_call_id).toBe('c1');
    },
  },
  {
    title: 'gets the thoughts of a model beside what it says',
    async run(target) {
      const { choices } = await clientOf(target).chat.completions.create(ask('think'));
      expect(choices[0].message).toMatchObject({ content: 'four', reasoning_content: 'let me see' });
      const streamed = await helped(target, ask('think'));
      expect(streamed.choices[0].message.content).toBe('four');
    },
  },
  {
    title: 'has its stop sequences kept, across the borders of chunks',
    async run(target) {
      const request = ask('halves', { stop: ['方式', 'never'] });
      const wanted = MANY_BYTES.slice(0, MANY_BYTES.indexOf('方式'));
      const { choices } = await clientOf(target).chat.completions.create(request);
      expect([choices[0].message.content, choices[0].finish_reason]).toEqual([wanted, 'stop']);
      const chunks = await chunksOf(target, request);
      expect([textOf(chunks), chunks.at(-1)?.choices[0].finish_reason]).toEqual([wanted, 'stop']);
      await until(() => target.runs.open === 0);
    },
  },
  {
    title: 'has its token limit kept, the newer name before the older',
    async run(target) {
      const request = ask('endless', { max_tokens: 1000, max_completion_tokens: 5 });
      const chunks = await chunksOf(target, request);
      expect([textOf(chunks), chunks.at(-1)?.choices[0].finish_reason]).toEqual(['0 1 2', 'length']);
      const { choices, usage } = await clientOf(target).chat.completions.create(request);
      expect([choices[0].message.content, choices[0].finish_reason, usage?.completion_tokens]).toEqual(['0 1 2', 'length', 5]);
      await until(() => target.runs.open === 0);
    },
  },
  {
    title: 'gets as many choices as it asks for',
    async run(target) {
      const { choices } = await clientOf(target).chat.completions.create(ask('say a b', { n: 3 }));
      expect(choices.map(({ index, message }) => [index, message.content])).toEqual([0, 1, 2].map((index) => [index, 'a b']));
      const chunks = await chunksOf(target, ask('slowly a b c', { n: 2 }));
      expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual(['a b c', 'a b c']);
      const streamed = await helped(target, ask('slowly a b c', { n: 2 }));
      expect(streamed.choices.map(({ finish_reason: reason }) => reason)).toEqual(['stop', 'stop']);
      const error = await failureOf<APIError>(clientOf(target).chat.completions.create(ask('say a', { n: 100 })));
      expect(error).toMatchObject({ status: 400, param: 'n' });
    },
  },
  {
    title: 'gets JSON of its schema, or an error, never something else',
    async run(target) {
      const format: Request['response_format'] = {
        type: 'json_schema',
        json_schema: {
          name: 'price',
          strict: true,
          schema: {
            type: 'object',
            properties: { price: { type: 'number', minimum: 0 } },
            required: ['price'],
            additionalProperties: false,
          },
        },
      };
      const good = await clientOf(target).chat.completions.parse(ask('say {"price": 12.5}', { response_format: format }));
      expect(good.choices[0].message.parsed).toEqual({ price: 12.5 });
      for (const bad of ['say {"price": -1}', 'say {"price": 1, "more": 2}', 'say {}', 'say no JSON']) {
        const error = await failureOf<APIError>(clientOf(target).chat.completions.create(ask(bad, { response_format: format })));
        expect(error).toMatchObject({ status: 500, code: 'invalid_response', type: 'server_error' });
        expect((await failureOf<APIError>(chunksOf(target, ask(bad, { response_format: format })))).code).toBe('invalid_response');
      }
      const anyJson = ask('say {"a": [1]}', { response_format: { type: 'json_object' } });
      expect((await clientOf(target).chat.completions.create(anyJson)).choices[0].message.content).toBe('{"a": [1]}');
    },
  },
  {
    title: 'may send what newer versions send, and null',
    async run(target) {
      const request = {
        ...ask('say fine'),
        reasoning_effort: 'minimal',
        verbosity: 'low',
        metadata: { a: 'b' },
        store: false,
        service_tier: 'auto',
        modalities: ['text'],
        prediction: { type: 'content', content: 'x' },
        parallel_tool_calls: false,
        logprobs: true,
        top_logprobs: 2,
        seed: 7,
        logit_bias: { 50256: -100 },
        user: 'me',
        safety_identifier: 'x',
        prompt_cache_key: 'y',
        web_search_options: {},
        tools: [weather, { type: 'custom', custom: { name: 'c' } }],
        tool_choice: 'auto',
        stream_options: null,
        stop: null,
        n: null,
        max_tokens: null,
        temperature: null,
        response_format: { type: 'text' },
        something_of_tomorrow: { deep: [1] },
      } as unknown as Request;
      expect((await clientOf(target).chat.completions.create(request)).choices[0].message.content).toBe('fine');
      expect(target.runs.prompts.at(-1)).toMatchObject({ seed: 7, reasoningEffort: 'minimal', stop: [] });
      expect(target.runs.prompts.at(-1)?.temperature).toBeUndefined();
      const parts = [
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'file', file: { file_id: 'f' } },
        { type: 'text', text: 'whole heard' },
      ];
      const messages = [{ role: 'user', content: parts }] as Request['messages'];
      expect((await clientOf(target).chat.completions.create({ model: 'scripted', messages })).choices[0].message.content).toBe('heard');
    },
  },
  {
    title: 'is told which field is wrong, with four keys in each error',
    async run(target) {
      const cases: [Partial<Record<string, unknown>>, string][] = [
        [{ temperature: 3 }, 'temperature'],
        [{ temperature: 'hot' }, 'temperature'],
        [{ max_tokens: 0 }, 'max_tokens'],
        [{ n: 1.5 }, 'n'],
        [{ stop: [''] }, 'stop'],
        [{ messages: [] }, 'messages'],
        [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
        [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].image_url'],
        [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
        [{ tool_choice: 'perhaps' }, 'tool_choice'],
        [{ response_format: { type: 'xml' } }, 'response_format.type'],
        [{ modalities: ['audio'] }, 'modalities'],
        [{ stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage'],
      ];
      for (const [more, param] of cases) {
        const error = await failureOf<APIError>(clientOf(target).chat.completions.create({ ...ask('say x'), ...more }));
        expect(error).toBeInstanceOf(BadRequestError);
        expect([param, error.param, error.type, error.code]).toEqual([param, param, 'invalid_request_error', 'invalid_request']);
        expect(Object.keys(error.error as object).sort()).toEqual(['code', 'message', 'param', 'type']);
        expect(error.requestID).toBeTruthy();
      }
    },
  },
  {
    title: 'throws the error class of each failure, before a stream as without one',
    async run(target) {
      const cases: [string, unknown, Partial<APIError>][] = [
        ['fail field', BadRequestError, { status: 400, code: 'invalid_request', param: 'temperature' }],
        ['fail context', BadRequestError, { status: 400, code: 'context_length_exceeded', param: null }],
        ['fail internal', InternalServerError, { status: 500, code: 'system_error', message: '500 Service temporarily unavailable' }],
        ['fail upstream', InternalServerError, { status: 502, code: 'model_error', message: '502 Service temporarily unavailable' }],
        ['fail busy', InternalServerError, { status: 503, code: 'model_overloaded' }],
        ['fail timeout', InternalServerError, { status: 504, code: 'model_timeout' }],
        ['fail unheard', InternalServerError, { status: 500, code: 'internal_error', message: '500 Something went wrong' }],
      ];
      for (const [command, type, fields] of cases) {
        for (const stream of [false, true]) {
          const error = await failureOf<APIError>(clientOf(target).chat.completions.create({ ...ask(command), stream } as Request));
          expect(error).toBeInstanceOf(type);
          expect(error).toMatchObject(fields);
          expect(error.type).toBe(Number(fields.status) >= 500 ? 'server_error' : 'invalid_request_error');
          expect(error.headers?.get('x-should-retry')).toBe([500, 504].includes(Number(fields.status)) ? 'false' : null);
          if (fields.status === 503) expect(error.headers?.get('retry-after')).toBe('1');
        }
      }
      const unknown = await failureOf<APIError>(clientOf(target).chat.completions.create(ask('say x', { model: 'gpt-4o' })));
      expect(unknown).toBeInstanceOf(NotFoundError);
      expect(unknown).toMatchObject({ code: 'model_not_found', message: expect.stringContaining("'gpt-4o' does not exist") });
    },
  },
  {
    title: 'throws the error class of what stands in front of the service',
    async run(target) {
      const cases: [number, unknown, string, string][] = [
        [401, AuthenticationError, 'invalid_api_key', 'authentication_error'],
        [403, PermissionDeniedError, 'forbidden', 'permission_error'],
        [429, RateLimitError, 'rate_limit_exceeded', 'rate_limit_error'],
      ];
      for (const [status, type, code, kind] of cases) {
        target.runs.refusals = [status];
        const error = await failureOf<APIError>(clientOf(target).chat.completions.create(ask('say x')));
        expect(error).toBeInstanceOf(type);
        expect(error).toMatchObject({ status, code, type: kind, param: null, message: `${status} refused with ${status}` });
      }
    },
  },
  {
    title: 'gets the envelope for a wrong method, body, type or path',
    async run({ url }) {
      const path = `${url}/v1/chat/completions`;
      const headers = { 'content-type': 'application/json' };
      const cases: [number, string, Response][] = [
        [405, 'method_not_allowed', await fetch(path)],
        [415, 'unsupported_media_type', await fetch(path, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } })],
        [400, 'invalid_json', await fetch(path, { method: 'POST', body: '{', headers })],
        [413, 'body_too_large', await fetch(path, { method: 'POST', body: JSON.stringify({ x: 'x'.repeat(2 ** 20) }), headers })],
        [404, 'not_found', await fetch(`${url}/v1/responses`, { method: 'POST', body: '{"input":"hi"}', headers })],
      ];
      for (const [status, code, reply] of cases) {
        const { error } = (await reply.json()) as { error: Record<string, unknown> };
        expect([reply.status, error.code]).toEqual([status, code]);
        expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
        expect(error.type).toBe('invalid_request_error');
      }
    },
  },
  {
    title: 'is pointed from the Responses API to chat completions',
    async run(target) {
      const error = await failureOf<APIError>(clientOf(target).responses.create({ model: 'scripted', input: 'hi' }));
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error.message).toContain('/v1/chat/completions');
    },
  },
  {
    title: 'hears of a failure in mid-stream after the words before it, and nothing of its inside',
    async run(target) {
      const heard: ChatCompletionChunk[] = [];
      const stream = await clientOf(target).chat.completions.create({ ...ask('break'), stream: true });
      const error = await failureOf<APIError>(
        (async () => {
          for await (const chunk of stream) heard.push(chunk);
        })(),
      );
      expect(textOf(heard)).toBe('half of ');
      expect(heard.some(({ choices }) => choices[0].finish_reason)).toBe(false);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ status: undefined, code: 'model_error', type: 'server_error', param: null });
      expect(error.message).toBe('Service temporarily unavailable');
      expect(target.log.messages.join('\n')).toContain('device lost');
    },
  },
  {
    title: 'succeeds after retries of 429 and 503, as soon as it is told to',
    async run(target) {
      for (const status of [429, 503]) {
        target.runs.refusals = [status, status];
        const startedAt = Date.now();
        const completion = await clientOf(target, { maxRetries: 2 }).chat.completions.create(ask('say at last'));
        expect(completion.choices[0].message.content).toBe('at last');
        expect(target.runs.refusals).toEqual([]);
        expect(Date.now() - startedAt).toBeGreaterThan(1900);
        expect(Date.now() - startedAt).toBeLessThan(60_000);
      }
    },
  },
  {
    title: 'does not repeat what would fail again',
    async run(target) {
      const before = target.runs.prompts.length;
      await failureOf(clientOf(target, { maxRetries: 2 }).chat.completions.create(ask('fail internal')));
      await failureOf(clientOf(target, { maxRetries: 2 }).chat.completions.create(ask('fail field')));
      expect(target.runs.prompts.length - before).toBe(2);
    },
  },
  {
    title: 'frees the handler when it aborts a request or leaves a stream',
    async run(target) {
      const { aborted } = target.runs;
      const controller = new AbortController();
      const plain = clientOf(target).chat.completions.create(ask('endless'), { signal: controller.signal });
      await until(() => target.runs.open === 1);
      controller.abort();
      expect(await failureOf(plain)).toBeInstanceOf(APIUserAbortError);
      await until(() => target.runs.open === 0);
      const stream = await clientOf(target).chat.completions.create({ ...ask('endless'), stream: true });
      let heard = 0;
      for await (const _chunk of stream) if (++heard === 3) break;
      await until(() => target.runs.open === 0);
      expect(target.runs.aborted - aborted).toBe(2);
    },
  },
  {
    title: 'has its own timeout known to the service, which stops then',
    async run(target) {
      const reply = await fetch(`${target.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-stainless-timeout': '1' },
        body: JSON.stringify(ask('endless')),
      });
      const { error } = (await reply.json()) as { error: { code: string } };
      expect([reply.status, error.code]).toEqual([504, 'deadline_exceeded']);
      await until(() => target.runs.open === 0);
    },
  },
  {
    title: 'keeps 50 streams apart',
    async run(target) {
      const client = clientOf(target);
      const said = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const words = Array.from({ length: 12 }, (_each, word) => `${n}-${word}`).join(' ');
          const chunks = await all(await client.chat.completions.create({ ...ask(`slowly ${words}`), stream: true }));
          expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
          return [textOf(chunks) === words, chunks[0].id];
        }),
      );
      expect(said.every(([isOwn]) => isOwn)).toBe(true);
      expect(new Set(said.map(([, id]) => id)).size).toBe(50);
    },
  },
  {
    title: 'is kept company in a long silence, without noticing',
    async run(target) {
      const reply = await fetch(`${target.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...ask('held'), stream: true }),
      });
      let text = '';
      for await (const chunk of reply.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString();
        if (text.split(': ping\n\n').length > 2) target.runs.release();
      }
      expect(text.split(': ping\n\n').length - 1).toBeGreaterThanOrEqual(2);
      expect(text).toContain('after');
      expect(textOf(await chunksOf(target, ask('pause 500')))).toBe('before after');
    },
  },
  {
    title: 'may use one connection for one request after another, streams too',
    async run(target) {
      const client = clientOf(target);
      for (let n = 0; n < 5; n++) {
        expect(textOf(await all(await client.chat.completions.create({ ...ask('say a b'), stream: true })))).toBe('a b');
        const { response } = await client.chat.completions.create(ask('say c')).withResponse();
        expect([response.status, response.headers.get('connection')]).not.toContain('close');
        expect(response.status).toBe(200);
      }
    },
  },
];

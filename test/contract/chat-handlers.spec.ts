import { Injectable } from '@nestjs/common';
import OpenAI, { type APIError } from 'openai';
import { ModelError, StageHandler, StageModel } from 'nestage';
import {
  ChatCompletionHandler,
  chatCompletions,
  type ChatModel,
  chatModels,
  type ChatPrompt,
  type ChatReply,
  embeddings,
  OpenAiModule,
} from 'nestage/openai';
import { startTestService, type TestService } from '../support/test-service.js';
import { all, failureOf } from './check.js';

@StageModel()
class Parrot implements ChatModel {
  private voice = '';
  async initialize(): Promise<void> {
    this.voice = 'squawk: ';
  }
  run({ text }: ChatPrompt): ChatReply {
    return this.voice + text;
  }
}

@Injectable()
class Owl implements ChatModel {
  async *run({ model }: ChatPrompt) {
    yield `hoo from ${model}`;
  }
}

const models = { parrot: Parrot, 'birds/owl': Owl };

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models }) })
class BirdsHandler extends chatModels(models) {}

/** Puts its reply right when it is shown what is wrong with it, if it is told to. */
@StageHandler('/json/chat/completions', { protocol: chatCompletions({ models: ['json'], repairJson: true }) })
class JsonHandler extends ChatCompletionHandler {
  readonly prompts: ChatPrompt[] = [];

  run(prompt: ChatPrompt): ChatReply {
    this.prompts.push(prompt);
    const isSecond = prompt.messages.length > 1;
    return isSecond && !prompt.messages[0].content[0].text?.startsWith('never') ? '{"price": 3}' : 'It costs 3.';
  }
}

@StageHandler('/fallback/chat/completions', { protocol: chatCompletions({ models: ['f'] }), fallbackOn: 'error' })
class FallbackHandler extends ChatCompletionHandler {
  run(): ChatReply {
    throw new ModelError('no model today');
  }
  fallback(): string {
    return 'from memory END and more';
  }
}

describe('several chat handlers', () => {
  let service: TestService;
  const clientOf = (path: string): OpenAI => new OpenAI({ baseURL: service.url + path, apiKey: 'any', maxRetries: 0 });
  const messages = (content: string) => [{ role: 'user' as const, content }];

  beforeAll(async () => {
    const providers = [Parrot, Owl, BirdsHandler, JsonHandler, FallbackHandler];
    service = await startTestService({ adapter: 'express', imports: [OpenAiModule], providers });
  });
  afterAll(() => service.close());

  it('are chosen on one path by the model, the first without one', async () => {
    const { completions } = clientOf('/v1').chat;
    const say = async (model: string | undefined) =>
      (await completions.create({ model: model as string, messages: messages('hi') })).choices[0].message.content;
    expect(await say('parrot')).toBe('squawk: hi');
    expect(await say('birds/owl')).toBe('hoo from birds/owl');
    expect(await say(undefined)).toBe('squawk: hi');
    expect((await failureOf<APIError>(say('crow'))).code).toBe('model_not_found');
  });

  const format = {
    type: 'json_schema' as const,
    json_schema: { name: 'p', schema: { type: 'object', properties: { price: { type: 'number' } }, required: ['price'] } },
  };

  it('ask once more for JSON, showing the reply and its fault', async () => {
    const { completions } = clientOf('/json').chat;
    const request = { model: 'json', messages: messages('price?'), response_format: format };
    expect((await completions.create(request)).choices[0].message.content).toBe('{"price": 3}');
    const chunks = await all(await completions.create({ ...request, stream: true }));
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')).toBe('{"price": 3}');
    const { prompts } = service.app.get(JsonHandler);
    expect(prompts.map((prompt) => prompt.messages.map(({ role }) => role))).toEqual([
      ['user'],
      ['user', 'assistant', 'user'],
      ['user'],
      ['user', 'assistant', 'user'],
    ]);
    expect(prompts[1].messages[1].content[0].text).toBe('It costs 3.');
    expect(prompts[1].messages[2].content[0].text).toContain('the reply is not JSON');
  });

  it('give up after the second reply that is not JSON', async () => {
    const { completions } = clientOf('/json').chat;
    const call = completions.create({ model: 'json', messages: messages('never'), response_format: format });
    expect(await failureOf<APIError>(call)).toMatchObject({ status: 500, code: 'invalid_response' });
  });

  it('have the answers of their fallbacks held to the same rules', async () => {
    const { completions } = clientOf('/fallback').chat;
    const request = { model: 'f', messages: messages('hi'), stop: 'END' };
    expect((await completions.create(request)).choices[0].message.content).toBe('from memory ');
    const chunks = await all(await completions.create({ ...request, stream: true }));
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')).toBe('from memory ');
    expect(chunks.at(-1)?.choices[0].finish_reason).toBe('stop');
  });
});

describe('a chat handler that can not work', () => {
  it('is a fault at start when it has a postProcess', async () => {
    @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['m'] }) })
    class Handler extends ChatCompletionHandler {
      run(): string {
        return 'a';
      }
      postProcess(text: string): string {
        return text;
      }
    }
    await expect(startTestService({ adapter: 'express', providers: [Handler] })).rejects.toThrow(
      "Handler ('/v1/chat/completions') has a postProcess(), which chatCompletions() has no place for",
    );
  });

  it.each([
    [() => chatCompletions({ models: [] as unknown as ['m'] }), '"models" must be a list of at least one model id'],
    [() => chatCompletions({} as { models: ['m'] }), '"models" must name at least one model id (set it in chatCompletions()).'],
    [() => chatCompletions({ models: ['m'], maxChoices: 0 }), '"maxChoices" must be an integer from 1 to 128, got 0'],
    [() => chatCompletions({ models: ['m'], heartbeatMs: 0.5 }), '"heartbeatMs" must be an integer'],
    [() => chatCompletions({ models: ['m'], tokenizer: {} as never }), '"tokenizer" must be an object with split(text)'],
    [() => embeddings({ models: ['m'], maxInputs: 0 }), '"maxInputs" must be an integer from 1 to 2048, got 0'],
  ])('says so for its options (%#)', (make, words) => {
    expect(make).toThrow(words);
  });
});

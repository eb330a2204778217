import OpenAI, { type APIError } from 'openai';
import { ModelError, StageHandler } from 'nestage';
import { ChatCompletionHandler, chatCompletions, type ChatPrompt, type ChatReply, OpenAiModule, roughTokenizer } from 'nestage/openai';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { all, failureOf } from './check.js';

const rules = { models: ['m'], tokenizer: roughTokenizer, maxChoices: 4 } as const;

/** Says as its fallback what it is asked, each choice in its own turn. */
@StageHandler('/own/chat/completions', { protocol: chatCompletions(rules), fallbackOn: 'error' })
class OwnHandler extends ChatCompletionHandler {
  calls = 0;
  run(): ChatReply {
    throw new ModelError('no model today');
  }
  fallback({ text }: ChatPrompt): ChatReply {
    this.calls++;
    if (text === 'fails') throw new Error('no memory either');
    return text;
  }
}

@StageHandler('/repaired/chat/completions', { protocol: chatCompletions({ ...rules, repairJson: true }), fallbackOn: 'error' })
class RepairedHandler extends ChatCompletionHandler {
  run(): ChatReply {
    throw new ModelError('no model today');
  }
  fallback({ messages, text }: ChatPrompt): ChatReply {
    return messages.length === 1 ? text : '{"price":3}';
  }
}

/** Handlers of another protocol that answer for chats: in one piece and as a stream. */
@StageHandler('/memory', { request: false })
class MemoryHandler {
  run({ text }: ChatPrompt): string {
    return text;
  }
}

@StageHandler('/words', { request: false })
class WordsHandler {
  async *run({ text }: ChatPrompt) {
    yield* text.split(/(?= )/);
  }
}

abstract class FailingHandler extends ChatCompletionHandler {
  run(): ChatReply {
    throw new ModelError('no model today');
  }
}

@StageHandler('/memory/chat/completions', { protocol: chatCompletions(rules), fallbackOn: 'error', fallbackTo: MemoryHandler })
class ToMemoryHandler extends FailingHandler {}

@StageHandler('/words/chat/completions', { protocol: chatCompletions(rules), fallbackOn: 'error', fallbackTo: WordsHandler })
class ToWordsHandler extends FailingHandler {}

@StageHandler('/chat/chat/completions', { protocol: chatCompletions(rules), fallbackOn: 'error', fallbackTo: OwnHandler })
class ToChatHandler extends FailingHandler {}

const schema = { type: 'object', properties: { price: { type: 'number' } }, required: ['price'] };
const FORMATS = [{ type: 'json_object' as const }, { type: 'json_schema' as const, json_schema: { name: 'p', schema } }];

interface Told {
  /** Text of each choice. */
  readonly said: string[];
  readonly reasons: (string | null)[];
}

describe.each(ADAPTERS)('the fallback of a chat on %s', (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    const providers = [OwnHandler, RepairedHandler, MemoryHandler, WordsHandler, ToMemoryHandler, ToWordsHandler, ToChatHandler];
    service = await startTestService({ adapter, imports: [OpenAiModule], providers });
  });
  afterAll(() => service.close());

  async function ask(path: string, text: string, { stream, ...more }: Partial<OpenAI.ChatCompletionCreateParams>): Promise<Told> {
    const { completions } = new OpenAI({ baseURL: service.url + path, apiKey: 'any', maxRetries: 0 }).chat;
    const request = { model: 'm', messages: [{ role: 'user' as const, content: text }], ...more };
    if (!stream) {
      const { data, response } = await completions.create({ ...request, stream: false }).withResponse();
      expect(response.headers.get('x-degraded')).toBe('true');
      return {
        said: data.choices.map(({ message }) => message.content ?? ''),
        reasons: data.choices.map((choice) => choice.finish_reason),
      };
    }
    const told: Told = { said: [], reasons: [] };
    for (const { choices } of await all(await completions.create({ ...request, stream })))
      for (const { index, delta, finish_reason: reason } of choices) {
        told.said[index] = (told.said[index] ?? '') + (delta.content ?? '');
        told.reasons[index] = reason ?? told.reasons[index];
      }
    return told;
  }

  describe.each(['/own', '/memory', '/words', '/chat'])('at %s', (path) => {
    describe.each([false, true])('streamed: %s', (stream) => {
      it('gives as many choices as are asked for, and no more than may be', async () => {
        expect(await ask(path, 'so it goes', { n: 3, stream })).toEqual({
          said: Array(3).fill('so it goes'),
          reasons: Array(3).fill('stop'),
        });
        expect(await failureOf<APIError>(ask(path, 'so', { n: 5, stream }))).toMatchObject({ status: 400, param: 'n' });
      });

      it('ends at stop sequences and at the token limit', async () => {
        expect(await ask(path, 'one two END three', { stop: 'END', stream })).toEqual({ said: ['one two '], reasons: ['stop'] });
        expect(await ask(path, 'one two three', { max_tokens: 2, stream })).toEqual({ said: ['one two'], reasons: ['length'] });
      });

      it.each(FORMATS)('is held to $type', async (response_format) => {
        expect(await ask(path, '{"price": 3}', { response_format, stream })).toEqual({ said: ['{"price": 3}'], reasons: ['stop'] });
        const error = await failureOf<APIError>(ask(path, 'It costs 3.', { response_format, stream }));
        expect(error).toMatchObject({ type: 'server_error' });
        expect(['model_error', 'invalid_response']).toContain(error.code);
      });
    });
  });

  it('that breaks the format leaves the client with the first error', async () => {
    const error = await failureOf<APIError>(ask('/own', 'It costs 3.', { response_format: FORMATS[0] }));
    expect([error.status, error.code, error.headers?.get('x-degraded')]).toEqual([502, 'model_error', null]);
    const log = service.log.of(error.requestID ?? '').join('\n');
    expect(log).toContain('Fallback failed: ModelError: The reply breaks its response_format: the reply is not JSON');
  });

  it('is asked for each choice in its own turn, and fails as one', async () => {
    const handler = service.app.get(OwnHandler);
    const before = handler.calls;
    await ask('/own', 'so it goes', { n: 3 });
    expect(handler.calls - before).toBe(3);
    expect(await failureOf<APIError>(ask('/own', 'fails', { n: 3 }))).toMatchObject({ status: 502, code: 'model_error' });
  });

  it.each([false, true])('is asked once more for JSON where the route does so (streamed: %s)', async (stream) => {
    expect((await ask('/repaired', 'It costs 3.', { response_format: FORMATS[1], stream })).said).toEqual(['{"price":3}']);
  });
});

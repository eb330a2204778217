import OpenAI from 'openai';
import { ModelError, StageHandler, type StageContext } from 'nestage';
import { ChatCompletionHandler, chatCompletions, type ChatPrompt } from 'nestage/openai';

const { UPSTREAM_URL = 'http://127.0.0.1:11434/v1', UPSTREAM_NAME = 'llama3.2' } = process.env;

/** Passes chats on to Ollama, vLLM or any other OpenAI-compatible server, token by token. */
@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: [UPSTREAM_NAME] }), retry: true, breaker: true })
export class UpstreamHandler extends ChatCompletionHandler {
  private readonly client = new OpenAI({ baseURL: UPSTREAM_URL, apiKey: 'not empty', maxRetries: 0 });

  async *run({ messages }: ChatPrompt, { signal }: StageContext) {
    try {
      const body = { model: UPSTREAM_NAME, messages: messages as OpenAI.ChatCompletionMessageParam[], stream: true as const };
      for await (const { choices } of await this.client.chat.completions.create(body, { signal })) {
        yield choices[0]?.delta.content ?? '';
      }
    } catch (error) {
      throw new ModelError('The upstream server failed', { cause: error });
    }
  }
}

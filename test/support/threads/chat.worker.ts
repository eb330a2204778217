import type { ChatCompletionRequest } from 'nestage/openai';
import type { WorkerTask } from 'nestage/threads/worker';

/** Says the last message again, word by word. */
export default class ChatWorker implements WorkerTask<ChatCompletionRequest, string> {
  async *run({ messages }: ChatCompletionRequest): AsyncGenerator<string> {
    for (const { text = '' } of messages.at(-1)?.content ?? []) yield* text.split(/(?<= )/);
  }
}

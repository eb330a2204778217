import type { ChatRequest, ChatResponse } from './chat.dto.js';

/** Says the last message again, in OpenAI's form. */
export function answerChat({ model, messages }: Pick<ChatRequest, 'model' | 'messages'>): ChatResponse {
  const message = { role: 'assistant', content: messages[messages.length - 1].content };
  return { id: 'chatcmpl-1', object: 'chat.completion', model, choices: [{ index: 0, message, finish_reason: 'stop' }] };
}

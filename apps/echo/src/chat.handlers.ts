import { StageHandler } from 'nestage';
import { ChatRequest, ChatResponse } from './chat.dto.js';

@StageHandler('/chat', { request: ChatRequest, response: ChatResponse })
export class ChatHandler {
  run({ message }: ChatRequest): ChatResponse {
    return { response: message };
  }
}

@StageHandler('/chat/stream', { request: ChatRequest, response: ChatResponse })
export class ChatStreamHandler {
  async *run({ message }: ChatRequest): AsyncGenerator<ChatResponse> {
    for (const word of message.split(/\s+/)) yield { response: word };
  }
}

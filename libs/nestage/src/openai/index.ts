export { chatCompletions, type ChatCompletionsOptions } from './chat-completions.protocol.js';
export {
  CHAT_ROLES,
  ChatCompletionRequest,
  ChatMessage,
  type ChatRole,
  ContentPart,
  ImageUrl,
  StreamOptions,
} from './chat-completion.dto.js';
export type { ChatResult, ChatUsage, FinishReason } from './chat-completion.result.js';
export { type DataUrl, readDataUrl } from './data-url.js';
export { type ModelList, ModelsHandler } from './models.handler.js';
export type { OpenAiErrorBody } from './openai-error.js';

export { ChatCompletionHandler } from './chat/chat-completion.handler.js';
export { type ChatModel, chatModels, type ChatModelsHandler } from './chat/chat-models.js';
export { chatCompletions } from './chat/chat-completions.protocol.js';
export type { ChatCompletionsOptions } from './chat/chat-completions.options.js';
export type { BrokenJson, JsonRepair } from './chat/json-replies.js';
export {
  CalledFunction,
  CalledTool,
  CHAT_ROLES,
  ChatCompletionRequest,
  ChatMessage,
  type ChatRole,
  ChatTool,
  ContentPart,
  FunctionDefinition,
  ImageUrl,
  JsonSchemaFormat,
  RESPONSE_FORMATS,
  ResponseFormat,
  StreamOptions,
  type ToolChoice,
} from './chat/chat-completion.dto.js';
export { chatMessage, ChatPrompt, textOf } from './chat/chat-prompt.js';
export type { ChatDelta, ChatItem, ChatReply, ChatResult, ChatUsage, FinishReason, ToolCall, ToolCallDelta } from './chat/chat-reply.js';
export { EmbeddingsHandler, type EmbeddingsReply } from './embeddings/embeddings.handler.js';
export { embeddings, type EmbeddingsOptions } from './embeddings/embeddings.protocol.js';
export { type EmbeddingsInput, EmbeddingsRequest } from './embeddings/embeddings.dto.js';
export type { EmbedCall, EmbeddingsResult, EmbeddingVector } from './embeddings/embeddings-result.js';
export { type DataUrl, readDataUrl } from './data-url.js';
export { type ModelEntry, type ModelList, ModelsHandler } from './models.handler.js';
export { OpenAiModule } from './openai.module.js';
export { ResponsesHandler } from './responses.handler.js';
export type { OpenAiErrorBody } from './openai-error.js';
export { roughTokenizer, type Tokenizer } from './tokenizer.js';

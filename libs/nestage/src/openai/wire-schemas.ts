import type { JsonSchema } from '../core/schema/json-schema.js';
import type { NamedSchema, ProtocolDescription } from '../core/protocol/route-protocol.js';

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const nullableText = { ...text, nullable: true };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

/** An object whose fields are all there, but for those in `optional`. */
const shape = (properties: Record<string, JsonSchema>, optional: Record<string, JsonSchema> = {}): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});

const TOOL_CALL = shape({ id: text, type: text, function: shape({ name: text, arguments: text }) });
const USAGE = shape({ prompt_tokens: count, total_tokens: count }, { completion_tokens: count });
const HEAD = { id: text, created: count, model: text };
const FINISH = { type: 'string', enum: ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'] };

/** @see OpenAiErrorBody */
const ERROR: NamedSchema = {
  name: 'OpenAiErrorBody',
  schema: shape({ error: shape({ message: text, type: text, param: nullableText, code: nullableText }) }),
};

const COMPLETION: NamedSchema = {
  name: 'ChatCompletion',
  schema: shape(
    {
      ...HEAD,
      object: { type: 'string', enum: ['chat.completion'] },
      choices: listOf(
        shape({
          index: count,
          finish_reason: FINISH,
          message: shape(
            { role: { type: 'string', enum: ['assistant'] }, content: nullableText, refusal: nullableText },
            { reasoning_content: text, tool_calls: listOf(TOOL_CALL) },
          ),
        }),
      ),
    },
    { usage: USAGE },
  ),
};

const CHUNK: NamedSchema = {
  name: 'ChatCompletionChunk',
  schema: shape(
    {
      ...HEAD,
      object: { type: 'string', enum: ['chat.completion.chunk'] },
      choices: listOf(
        shape({ index: count, delta: { type: 'object' }, finish_reason: { ...FINISH, nullable: true, enum: [...FINISH.enum, null] } }),
      ),
    },
    { usage: USAGE },
  ),
};

const EMBEDDINGS: NamedSchema = {
  name: 'EmbeddingList',
  schema: shape({
    object: { type: 'string', enum: ['list'] },
    model: text,
    usage: USAGE,
    data: listOf(
      shape({
        object: { type: 'string', enum: ['embedding'] },
        index: count,
        embedding: {
          description: 'Numbers, or base64 of little-endian 32-bit floats, as encoding_format asked',
          oneOf: [listOf({ type: 'number' }), { ...text, format: 'byte' }],
        },
      }),
    ),
  }),
};

/** What the answers of each protocol look like in the API document. @internal */
export const WIRE_SCHEMAS = {
  plain: { error: ERROR },
  chat: { error: ERROR, value: COMPLETION, item: CHUNK },
  embeddings: { error: ERROR, value: EMBEDDINGS },
} as const satisfies Record<string, ProtocolDescription>;

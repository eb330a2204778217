import { Transform, Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** Who speaks in a conversation. `developer` is the newer name of `system`. @publicApi */
export const CHAT_ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** @see CHAT_ROLES @publicApi */
export type ChatRole = (typeof CHAT_ROLES)[number];

/** Where an image is: a data URL, or an address. @publicApi */
export class ImageUrl {
  @IsString()
  url: string;

  @IsOptional()
  @IsString()
  detail?: string | null;
}

/** One part of a message's content. Kinds that this service does not know pass unread. @publicApi */
export class ContentPart {
  @IsString()
  type: string;

  @ValidateIf(({ type }: ContentPart) => type === 'text')
  @IsString()
  text?: string;

  @ValidateIf(({ type }: ContentPart) => type === 'image_url')
  @IsObject()
  @ValidateNested()
  @Type(() => ImageUrl)
  image_url?: ImageUrl;

  /** `{ data, format }` of a part of type `input_audio`. */
  @IsOptional()
  @IsObject()
  input_audio?: Readonly<Record<string, unknown>> | null;

  /** `{ file_id }` or `{ file_data, filename }` of a part of type `file`. */
  @IsOptional()
  @IsObject()
  file?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsString()
  refusal?: string | null;
}

/** What an assistant called a tool with. @publicApi */
export class CalledFunction {
  @IsString()
  name: string;

  /** JSON, as the model wrote it. */
  @IsString()
  arguments: string;
}

/** A call of a tool in an assistant's message. @publicApi */
export class CalledTool {
  @IsString()
  id: string;

  @IsOptional()
  @IsString()
  type?: string | null;

  /** Absent for a tool of type `custom`. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CalledFunction)
  function?: CalledFunction | null;

  @IsOptional()
  @IsObject()
  custom?: Readonly<Record<string, unknown>> | null;
}

/** One message; a content that was sent as a string is one text part here. @publicApi */
export class ChatMessage {
  @IsIn(CHAT_ROLES)
  role: ChatRole;

  /** Empty for an assistant message that only calls tools. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ContentPart)
  @Transform(({ value }: { value: unknown }) => toParts(value))
  content: ContentPart[] = [];

  @IsOptional()
  @IsString()
  name?: string | null;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CalledTool)
  tool_calls?: CalledTool[] | null;

  /** Which call a message of role `tool` answers. */
  @IsOptional()
  @IsString()
  tool_call_id?: string | null;

  @IsOptional()
  @IsString()
  refusal?: string | null;

  /** The older form of `tool_calls`. */
  @IsOptional()
  @IsObject()
  function_call?: Readonly<Record<string, unknown>> | null;
}

/** @publicApi */
export class StreamOptions {
  @IsOptional()
  @IsBoolean()
  include_usage?: boolean | null;

  @IsOptional()
  @IsBoolean()
  include_obfuscation?: boolean | null;
}

/** What a tool is called by and takes. @publicApi */
export class FunctionDefinition {
  @IsString()
  name: string;

  @IsOptional()
  @IsString()
  description?: string | null;

  /** JSON schema of the arguments. */
  @IsOptional()
  @IsObject()
  parameters?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsBoolean()
  strict?: boolean | null;
}

/** A tool that the model may call. @publicApi */
export class ChatTool {
  @IsString()
  type: string;

  @ValidateIf(({ type }: ChatTool) => type === 'function')
  @IsObject()
  @ValidateNested()
  @Type(() => FunctionDefinition)
  function?: FunctionDefinition;

  @IsOptional()
  @IsObject()
  custom?: Readonly<Record<string, unknown>> | null;
}

/** @publicApi */
export class JsonSchemaFormat {
  @IsString()
  name: string;

  @IsOptional()
  @IsString()
  description?: string | null;

  @IsOptional()
  @IsObject()
  schema?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsBoolean()
  strict?: boolean | null;
}

/** Forms that a reply may be asked in. @publicApi */
export const RESPONSE_FORMATS = ['text', 'json_object', 'json_schema'] as const;

/** @publicApi */
export class ResponseFormat {
  @IsIn(RESPONSE_FORMATS)
  type: (typeof RESPONSE_FORMATS)[number];

  @ValidateIf(({ type }: ResponseFormat) => type === 'json_schema')
  @IsObject()
  @ValidateNested()
  @Type(() => JsonSchemaFormat)
  json_schema?: JsonSchemaFormat;
}

/** Which tool is to be called: `none`, `auto`, `required`, or an object that names one or several. @publicApi */
export type ToolChoice = string | Readonly<Record<string, unknown>>;

const TOOL_CHOICES: readonly unknown[] = ['none', 'auto', 'required'];
const MAX_STOPS = 16;

/**
 * Body of `POST /v1/chat/completions`. Fields that are not named here are ignored, and null counts as absent, as clients expect.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 * @publicApi
 */
export class ChatCompletionRequest {
  /** Id of the model; the first one that the route serves, if absent. */
  @IsOptional()
  @IsString()
  model?: string | null;

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => ChatMessage)
  messages: ChatMessage[];

  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => StreamOptions)
  stream_options?: StreamOptions | null;

  /** Most tokens of the reply; wins over `max_tokens`, its older name. */
  @IsOptional()
  @IsInt()
  @Min(1)
  max_completion_tokens?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  max_tokens?: number | null;

  /** How many replies to give. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(128)
  n?: number | null;

  /** Texts that end the reply and are not part of it. */
  @IsOptional()
  @ValidateBy({
    name: 'isStop',
    validator: { validate: isStop, defaultMessage: () => `stop must be a string or an array of 1 to ${MAX_STOPS} strings, none empty` },
  })
  stop?: string | string[] | null;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  top_p?: number | null;

  @IsOptional()
  @IsInt()
  seed?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(-2)
  @Max(2)
  frequency_penalty?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(-2)
  @Max(2)
  presence_penalty?: number | null;

  @IsOptional()
  @IsObject()
  logit_bias?: Readonly<Record<string, number>> | null;

  @IsOptional()
  @IsBoolean()
  logprobs?: boolean | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(20)
  top_logprobs?: number | null;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ChatTool)
  tools?: ChatTool[] | null;

  @IsOptional()
  @ValidateBy({
    name: 'isToolChoice',
    validator: { validate: isToolChoice, defaultMessage: () => 'tool_choice must be none, auto, required or an object with a type' },
  })
  tool_choice?: ToolChoice | null;

  @IsOptional()
  @IsBoolean()
  parallel_tool_calls?: boolean | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ResponseFormat)
  response_format?: ResponseFormat | null;

  /** Any word, so that the next one that OpenAI adds passes. */
  @IsOptional()
  @IsString()
  reasoning_effort?: string | null;

  @IsOptional()
  @IsString()
  verbosity?: string | null;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  modalities?: string[] | null;

  @IsOptional()
  @IsObject()
  audio?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsObject()
  prediction?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsObject()
  metadata?: Readonly<Record<string, unknown>> | null;

  @IsOptional()
  @IsBoolean()
  store?: boolean | null;

  @IsOptional()
  @IsString()
  service_tier?: string | null;

  @IsOptional()
  @IsString()
  user?: string | null;

  @IsOptional()
  @IsString()
  safety_identifier?: string | null;

  @IsOptional()
  @IsString()
  prompt_cache_key?: string | null;
}

function toParts(value: unknown): unknown {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [Object.assign(new ContentPart(), { type: 'text', text: value })] : value;
}

function isStop(value: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.length <= MAX_STOPS && all.every((each) => typeof each === 'string' && each !== '');
}

function isToolChoice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return TOOL_CHOICES.includes(value);
  return typeof (value as { type?: unknown }).type === 'string';
}

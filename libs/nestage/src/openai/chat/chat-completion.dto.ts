import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ChatMessage } from './chat-message.dto.js';
import { ChatTool, ResponseFormat } from './chat-tools.dto.js';
import { IsStop, IsToolChoice, type ToolChoice } from './request-rules.js';

/** @publicApi */
export class StreamOptions {
  @IsOptional()
  @IsBoolean()
  include_usage?: boolean | null;

  @IsOptional()
  @IsBoolean()
  include_obfuscation?: boolean | null;
}

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
  @IsStop()
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
  @IsToolChoice()
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

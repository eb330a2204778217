import { Transform, Type } from 'class-transformer';
import { ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';

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
}

/** @publicApi */
export class StreamOptions {
  @IsOptional()
  @IsBoolean()
  include_usage?: boolean | null;
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
}

function toParts(value: unknown): unknown {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [Object.assign(new ContentPart(), { type: 'text', text: value })] : value;
}

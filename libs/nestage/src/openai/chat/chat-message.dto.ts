import { Transform, Type } from 'class-transformer';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsArray, IsIn, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';

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
  @JSONSchema(({ type, items }) => ({ oneOf: [{ type: 'string' }, { type, items }] })) // on the wire it may be a text, too
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

function toParts(value: unknown): unknown {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [Object.assign(new ContentPart(), { type: 'text', text: value })] : value;
}

import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';

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

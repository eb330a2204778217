import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';

export class ChatMessage {
  @IsIn(['system', 'user', 'assistant'])
  role: string;

  @IsString()
  content: string;
}

/** The fields that most chat requests have. */
export class ChatRequest {
  @IsString()
  model: string;

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => ChatMessage)
  messages: ChatMessage[];

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  top_p?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  max_tokens?: number;

  @IsOptional()
  @IsBoolean()
  stream?: boolean;

  @IsOptional()
  @IsInt()
  seed?: number;

  @IsOptional()
  @IsString()
  user?: string;
}

export class ChatChoice {
  @IsInt()
  index: number;

  @ValidateNested()
  @Type(() => ChatMessage)
  message: ChatMessage;

  @IsString()
  finish_reason: string;
}

export class ChatResponse {
  @IsString()
  id: string;

  @IsString()
  object: string;

  @IsString()
  model: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ChatChoice)
  choices: ChatChoice[];
}

import { Type } from 'class-transformer';
import { ArrayMinSize, IsArray, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { type StageContext, StageHandler } from 'nestage';

class Address {
  @IsString()
  city: string;

  @IsOptional()
  @IsString()
  street?: string;
}

class Item {
  @IsString()
  label: string;

  @IsInt()
  @Min(1)
  count: number;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tags?: string[];
}

/** A class within itself, by a list and by a field. */
class Note {
  @IsString()
  text: string;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Note)
  replies?: Note[];

  @IsOptional()
  @IsObject()
  extra?: Record<string, unknown>;
}

export class OrderRequest {
  @ValidateNested()
  @Type(() => Address)
  to: Address;

  @IsOptional()
  @ValidateNested()
  @Type(() => Address)
  billed?: Address;

  @IsArray()
  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => Item)
  items: Item[];

  @IsOptional()
  @IsArray()
  @IsNumber({}, { each: true })
  discounts?: number[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Note)
  note?: Note;

  @IsOptional()
  @JSONSchema({ oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] })
  stop?: string | string[];
}

/** Gives back what it was given. */
@StageHandler('/orders', { request: OrderRequest })
export class OrderHandler {
  run(order: OrderRequest) {
    return { order };
  }
}

class SpeechRequest {
  @IsIn(['low', 'high'])
  pitch: string;
}

@StageHandler('/speech', { request: SpeechRequest, version: ['1', '2'] })
export class SpeechHandler {
  run({ pitch }: SpeechRequest) {
    return { spoken: pitch };
  }
}

@StageHandler('/speech', { request: SpeechRequest, version: '3' })
export class NextSpeechHandler {
  run({ pitch }: SpeechRequest) {
    return { sung: pitch };
  }
}

@StageHandler('/voices/:voice', { method: 'GET', request: false, version: '1' })
export class VoiceHandler {
  run(_input: unknown, { path }: StageContext) {
    return { path };
  }
}

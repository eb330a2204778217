import { Type } from 'class-transformer';
import { IsArray, IsInt, IsNumber, IsString, Max, Min, ValidateNested } from 'class-validator';

/** One recognised line. */
export class DocumentLine {
  @IsString()
  text: string;

  /** 0 to 1. */
  @IsNumber()
  @Min(0)
  @Max(1)
  confidence: number;

  /** Four corners [x, y] in pixels of the upright page, in reading order. */
  @IsArray()
  box: number[][];
}

/** The text of one page. */
export class RecognizedDocument {
  @IsString()
  text: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => DocumentLine)
  lines: DocumentLine[];

  /** Pixels of the upright page. */
  @IsInt()
  width: number;

  @IsInt()
  height: number;
}

import { Transform, Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInstance, IsInt, IsNumber, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { UploadedFile } from 'nestage/uploads';
import { ENHANCEMENTS, type Enhancement } from './enhance-page.js';

/** A form with a page, or several in one TIFF, and how it is to be read. */
export class RecognizeRequest {
  @IsInstance(UploadedFile)
  file: UploadedFile;

  /** Sends each line as soon as its page is read. Also asked for by an Accept header of a stream. */
  @IsOptional()
  @IsBoolean()
  stream?: boolean;

  /** What is done to a page before it is read, several as a repeated field or separated by commas. */
  @IsOptional()
  @Transform(({ value }) =>
    [value as unknown].flat().flatMap((each) => (typeof each === 'string' ? each.split(',').filter(Boolean) : [each])),
  )
  @IsArray()
  @IsIn(ENHANCEMENTS, { each: true })
  enhance?: Enhancement[];
}

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

/** A line as it is streamed. */
export class StreamedLine extends DocumentLine {
  /** Number of its page, from 1. */
  @IsInt()
  page: number;
}

/** One page of several. */
export class DocumentPage {
  /** From 1. */
  @IsInt()
  page: number;

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

/** The text of a document. */
export class RecognizedDocument {
  /** Of all pages, an empty line between them. */
  @IsString()
  text: string;

  /** Of all pages. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => DocumentLine)
  lines: DocumentLine[];

  /** Pixels of the upright first page. */
  @IsInt()
  width: number;

  @IsInt()
  height: number;

  /** Each page by itself, where there are several. */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => DocumentPage)
  pages?: DocumentPage[];
}

import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsArray, IsDefined, IsIn, IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import type { FieldError } from '../errors/service-errors.js';
import { checkAgainst } from './check-against.js';
import { describeFields, toFieldErrors } from './field-errors.js';

class Message {
  @IsString() role: string;
}

class Chat {
  @IsDefined() @IsArray() @ArrayNotEmpty() @ValidateNested({ each: true }) @Type(() => Message) messages: Message[];
  @IsOptional() @IsArray() @IsString({ each: true }) @MaxLength(3, { each: true }) tags?: string[];
  @IsOptional() @IsString({ each: true }) words?: string[];
  @IsOptional() @IsArray({ each: true }) @ArrayNotEmpty() rows?: number[][];
  @IsOptional() @IsInt() @Min(1) count?: number;
  @IsOptional() @IsInt({ message: 'size is S or M' }) @IsIn([1], { message: 'size is S or M' }) size?: number;
}

const errorsOf = async (more: object): Promise<readonly FieldError[] | undefined> =>
  (await checkAgainst(Chat, { messages: [{ role: 'user' }], ...more }, 'drop')).errors;

describe(toFieldErrors.name, () => {
  it.each([['text'], [5], [{}], [{ role: 5 }]])('says of %j where a list is due that it is none, and no more', async (messages) => {
    expect(await errorsOf({ messages })).toEqual([{ field: 'messages', messages: ['messages must be an array'] }]);
    expect(await errorsOf({ tags: messages })).toEqual([{ field: 'tags', messages: ['tags must be an array'] }]);
  });

  it('keeps what is not about items, such as that there is nothing', async () => {
    expect(await errorsOf({ messages: null })).toEqual([
      { field: 'messages', messages: ['messages should not be null or undefined', 'messages must be an array'] },
    ]);
  });

  it('says of a list what is wrong with it and its items', async () => {
    expect(await errorsOf({ messages: [], tags: [5], words: [5], rows: [5] })).toEqual([
      { field: 'messages', messages: ['messages should not be empty'] },
      {
        field: 'tags',
        messages: ['each value in tags must be shorter than or equal to 3 characters', 'each value in tags must be a string'],
      },
      { field: 'words', messages: ['each value in words must be a string'] },
      { field: 'rows', messages: ['each value in rows must be an array'] },
    ]);
  });

  it('says all of a field that is no list, and each text once', async () => {
    expect(await errorsOf({ count: 'a', size: 'a' })).toEqual([
      { field: 'count', messages: ['count must not be less than 1', 'count must be an integer number'] },
      { field: 'size', messages: ['size is S or M'] },
    ]);
  });

  it('makes one sentence of it', async () => {
    expect(describeFields((await errorsOf({ messages: 'text', count: 0 })) ?? [])).toBe(
      'messages must be an array; count must not be less than 1',
    );
  });
});

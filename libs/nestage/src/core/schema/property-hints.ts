import type { Type } from '@nestjs/common';
import type { JsonSchema } from './json-schema.js';

/** Where @nestjs/swagger keeps what `@ApiProperty()` was given; written here by key, so that it stays an optional peer. */
const PROPERTY_METADATA = 'swagger/apiModelProperties';
/** What the compiler plugin of @nestjs/swagger puts on a class, comments among it. */
const FACTORY = '_OPENAPI_METADATA_FACTORY';
/** What validation decorators can't say. The types are theirs to tell. */
const WORDS = ['title', 'description', 'example', 'examples', 'default', 'deprecated'] as const;

/**
 * What the author of a DTO said for readers of its fields: descriptions, examples.
 * @internal
 */
export function propertyHints(dto: Type, property: string): JsonSchema {
  const decorated = Reflect.getMetadata(PROPERTY_METADATA, dto.prototype as object, property) as JsonSchema | undefined;
  const told = { ...fromPlugin(dto)[property], ...decorated };
  return Object.fromEntries(WORDS.filter((word) => told[word] !== undefined).map((word) => [word, told[word]]));
}

function fromPlugin(dto: Type): Readonly<Record<string, JsonSchema>> {
  const parent = Object.getPrototypeOf(dto) as Type | null;
  const inherited = typeof parent?.prototype === 'object' ? fromPlugin(parent) : {};
  const factory = Object.getOwnPropertyDescriptor(dto, FACTORY)?.value as (() => Record<string, JsonSchema>) | undefined;
  return { ...inherited, ...factory?.call(dto) };
}

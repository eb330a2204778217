import type { Type } from '@nestjs/common';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { requestFieldsOf } from '../stage/request-fields.decorator.js';
import { transformerMetadata } from '../validation/compiled/transformer-metadata.js';
import type { JsonSchema, ObjectSchema } from './json-schema.js';
import { propertyHints } from './property-hints.js';

/** What a custom validator is told of the property that it stands on. */
interface PropertyMetadata {
  readonly target: unknown;
  readonly propertyName: string;
}

/** Where definitions stand and how bounds that don't belong are written: OpenAPI 3.0 has its own way. */
const DIALECTS = {
  openapi: {
    prefix: '#/components/schemas/',
    above: (minimum: number) => ({ minimum, exclusiveMinimum: true }),
    below: (maximum: number) => ({ maximum, exclusiveMaximum: true }),
  },
  'json-schema': {
    prefix: '#/$defs/',
    above: (exclusiveMinimum: number) => ({ exclusiveMinimum }),
    below: (exclusiveMaximum: number) => ({ exclusiveMaximum }),
  },
} as const;

const PRIMITIVES = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Array, { type: 'array' }],
]);

/**
 * JSON schemas of DTO classes, read from their class-validator decorators, and beside them from `@ApiProperty()`, `@JSONSchema()` and the
 * values that their fields begin with. Classes within classes become definitions of their own.
 * @internal
 */
export class DtoSchemas {
  private readonly names = new Map<Type, string>();
  private readonly described = new Map<string, ObjectSchema>();

  constructor(private readonly dialect: keyof typeof DIALECTS) {}

  /** The schema of one class in place, its inner classes by reference. */
  schemaOf(dto: Type): ObjectSchema {
    const { above, below } = DIALECTS[this.dialect];
    const schema = targetConstructorToSchema(dto, {
      classTransformerMetadataStorage: transformerMetadata,
      additionalConverters: { nestedValidation: this.nested, customValidation: declaredType, isPositive: above(0), isNegative: below(0) },
    }) as Partial<ObjectSchema>;
    const defaults = initialValues(dto);
    const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
      name,
      { ...property, ...(name in defaults && { default: defaults[name] }), ...propertyHints(dto, name) },
    ]);
    const required = schema.required?.filter((name) => defaults[name] === undefined) ?? [];
    const { required: _, ...rest } = schema;
    return {
      ...rest,
      type: 'object',
      properties: Object.fromEntries(properties) as ObjectSchema['properties'],
      ...(required.length > 0 && { required }),
    };
  }

  /** The same of what the body alone holds: fields that come from path or query are no part of it. */
  bodyOf(dto: Type): ObjectSchema {
    const elsewhere = new Set(requestFieldsOf(dto).map(({ property }) => property));
    const { properties, required, ...rest } = this.schemaOf(dto);
    const own = Object.fromEntries(Object.entries(properties).filter(([name]) => !elsewhere.has(name)));
    const needed = required?.filter((name) => !elsewhere.has(name)) ?? [];
    return { ...rest, type: 'object', properties: own, ...(needed.length > 0 && { required: needed }) };
  }

  /** A reference to a class, which becomes a definition. */
  refTo(dto: Type): JsonSchema {
    return { $ref: DIALECTS[this.dialect].prefix + this.define(dto) };
  }

  /** All classes that were referred to, by name. */
  get definitions(): Readonly<Record<string, ObjectSchema>> {
    return Object.fromEntries(this.described);
  }

  private define(dto: Type): string {
    const known = this.names.get(dto);
    if (known) return known;
    const name = unused(dto.name, new Set(this.names.values()));
    this.names.set(dto, name);
    this.described.set(name, this.bodyOf(dto));
    return name;
  }

  private readonly nested = (property: PropertyMetadata): JsonSchema => {
    const { target, propertyName } = property;
    const declared = transformerMetadata.findTypeMetadata(target as Type, propertyName)?.typeFunction() as Type | undefined;
    const type = declared ?? designType(property);
    return typeof type !== 'function' || type === Object || PRIMITIVES.has(type) ? {} : this.refTo(type as Type);
  };
}

/** Of a validator that only its author understands, the declared type is all that can be told. */
const declaredType = (property: PropertyMetadata): JsonSchema => PRIMITIVES.get(designType(property)) ?? {};

const designType = ({ target, propertyName }: PropertyMetadata): unknown =>
  Reflect.getMetadata('design:type', (target as Type).prototype as object, propertyName);

/** Plain values that the fields of a new instance hold: what an absent field becomes. */
function initialValues(dto: Type): Readonly<Record<string, unknown>> {
  try {
    const entries = Object.entries(new dto() as object).filter(([, value]) => isPlain(value));
    return Object.fromEntries(entries);
  } catch {
    return {}; // its constructor wants arguments
  }
}

const isPlain = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every(isPlain));

function unused(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) candidate = `${name}${number}`;
  return candidate;
}

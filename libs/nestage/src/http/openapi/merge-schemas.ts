import type { JsonSchema, ObjectSchema } from '../../core/schema/json-schema.js';

/** Words by which a schema says what a value is; of two that do, the one that the user wrote stands. */
const KINDS = ['$ref', 'allOf', 'oneOf', 'anyOf', 'type', 'enum'] as const;

/**
 * One schema out of what the rules of a DTO say and what its author described for the document: his words win, field by field.
 * @internal
 */
export function mergeSchemas<T extends JsonSchema>(ruled: T, described: JsonSchema | undefined): T {
  if (!described) return ruled;
  if (!isObjectSchema(ruled) || !isObjectSchema(described)) return mergeProperty(ruled, described) as T;
  const names = [...new Set([...Object.keys(ruled.properties), ...Object.keys(described.properties)])];
  const properties = names.map((name) => [name, mergeProperty(ruled.properties[name], described.properties[name])]);
  return { ...described, ...ruled, properties: Object.fromEntries(properties) as ObjectSchema['properties'] };
}

function mergeProperty(ruled: JsonSchema | undefined, described: JsonSchema | undefined): JsonSchema {
  if (!ruled || !described) return ruled ?? described ?? {};
  if ('$ref' in ruled && !saysMore(described)) return ruled;
  if (KINDS.slice(0, 4).some((word) => word in described)) return described;
  const { type, ...words } = described;
  // A declared type knows only numbers; the rule may know that they are whole.
  const kind = type === undefined || (ruled['type'] === 'integer' && type === 'number') ? {} : { type };
  return { ...ruled, ...kind, ...words };
}

/** `type: object` alone is what is left of a class that could not be looked into. */
const saysMore = (schema: JsonSchema): boolean => KINDS.some((word) => word !== 'type' && word in schema) || 'properties' in schema;

const isObjectSchema = (schema: JsonSchema): schema is ObjectSchema => schema['type'] === 'object' && 'properties' in schema;

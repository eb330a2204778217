import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../common/type-guards.js';

/** A JSON schema, or `true` and `false` as the schemas of anything and nothing. @internal */
export type JsonSchema = boolean | Readonly<Record<string, unknown>>;

const MAX_DEPTH = 64;

interface Place {
  readonly path: string;
  readonly root: JsonSchema;
  readonly depth: number;
}

/**
 * What is wrong with a value by a JSON schema, the first fault only: `$.items[0].price must be a number`. Knows what structured outputs
 * allow: type, enum, const, properties, required, additionalProperties, items, prefixItems, anyOf, oneOf, allOf, not, bounds of numbers,
 * strings and arrays, pattern, and `$ref` within the schema. Other keywords, `format` among them, are not looked at.
 * @see https://json-schema.org/draft/2020-12
 * @internal
 */
export function jsonFault(value: unknown, schema: JsonSchema, root = schema): string | undefined {
  return faultOf(value, schema, { path: '$', root, depth: 0 });
}

function faultOf(value: unknown, schema: JsonSchema, place: Place): string | undefined {
  if (schema === true || !isSchema(schema)) return schema === false ? `${place.path} must not be there` : undefined;
  if (place.depth > MAX_DEPTH) return `${place.path} is nested too deeply`;
  for (const check of CHECKS) {
    const fault = check(value, schema, place);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

type Check = (value: unknown, schema: Record<string, unknown>, place: Place) => string | undefined;

const CHECKS: readonly Check[] = [reference, type, enumeration, numberBounds, stringBounds, arrayItems, objectFields, combinations];

function reference(value: unknown, { $ref }: Record<string, unknown>, place: Place): string | undefined {
  if (typeof $ref !== 'string') return undefined;
  const target = resolve($ref, place.root);
  return target === undefined ? undefined : faultOf(value, target, { ...place, depth: place.depth + 1 });
}

function type(value: unknown, schema: Record<string, unknown>, { path }: Place): string | undefined {
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length === 0 || types.some((each) => TYPES[each]?.(value) ?? true)) return undefined;
  return `${path} must be ${types.map(article).join(' or ')}`;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

function enumeration(value: unknown, schema: Record<string, unknown>, { path }: Place): string | undefined {
  const allowed = Array.isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : undefined;
  if (!allowed || allowed.some((each) => isDeepStrictEqual(each, value))) return undefined;
  return `${path} must be ${allowed.map((each) => JSON.stringify(each)).join(' or ')}`;
}

function numberBounds(value: unknown, schema: Record<string, unknown>, { path }: Place): string | undefined {
  if (typeof value !== 'number') return undefined;
  const bound = (key: string, holds: (bound: number) => boolean, words: string): string | undefined => {
    const limit = schema[key];
    return typeof limit === 'number' && !holds(limit) ? `${path} must be ${words} ${limit}` : undefined;
  };
  return (
    bound('minimum', (limit) => value >= limit, 'at least') ??
    bound('maximum', (limit) => value <= limit, 'at most') ??
    bound('exclusiveMinimum', (limit) => value > limit, 'more than') ??
    bound('exclusiveMaximum', (limit) => value < limit, 'less than') ??
    bound('multipleOf', (limit) => Math.abs(value / limit - Math.round(value / limit)) < 1e-9, 'a multiple of')
  );
}

function stringBounds(value: unknown, { minLength, maxLength, pattern }: Record<string, unknown>, { path }: Place): string | undefined {
  if (typeof value !== 'string') return undefined;
  const length = [...value].length;
  if (typeof minLength === 'number' && length < minLength) return `${path} must be at least ${minLength} characters long`;
  if (typeof maxLength === 'number' && length > maxLength) return `${path} must be at most ${maxLength} characters long`;
  return typeof pattern === 'string' && expression(pattern)?.test(value) === false ? `${path} must match ${pattern}` : undefined;
}

function arrayItems(value: unknown, schema: Record<string, unknown>, place: Place): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const { minItems, maxItems, uniqueItems, items, prefixItems } = schema;
  if (typeof minItems === 'number' && value.length < minItems) return `${place.path} must have at least ${minItems} items`;
  if (typeof maxItems === 'number' && value.length > maxItems) return `${place.path} must have at most ${maxItems} items`;
  if (uniqueItems === true && new Set(value.map((each) => JSON.stringify(each))).size < value.length)
    return `${place.path} must not repeat an item`;
  const first = Array.isArray(prefixItems) ? (prefixItems as JsonSchema[]) : [];
  return firstFault(value, (item, index) => {
    const schemaOfItem = index < first.length ? first[index] : (items as JsonSchema | undefined);
    return schemaOfItem === undefined ? undefined : faultOf(item, schemaOfItem, below(place, `[${index}]`));
  });
}

function objectFields(value: unknown, schema: Record<string, unknown>, place: Place): string | undefined {
  if (!isRecord(value)) return undefined;
  const properties = (isRecord(schema['properties']) ? schema['properties'] : {}) as Record<string, JsonSchema>;
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${place.path}.${missing} is missing`;
  const others = schema['additionalProperties'] as JsonSchema | undefined;
  return firstFault(Object.entries(value), ([key, each]) => {
    const isKnown = Object.hasOwn(properties, key);
    if (!isKnown && others === false) return `${place.path}.${key} must not be there`;
    const schemaOfField = isKnown ? properties[key] : others;
    return schemaOfField === undefined ? undefined : faultOf(each, schemaOfField, below(place, `.${key}`));
  });
}

function combinations(value: unknown, { anyOf, oneOf, allOf, not }: Record<string, unknown>, place: Place): string | undefined {
  const deeper = { ...place, depth: place.depth + 1 };
  const faults = (schemas: unknown): (string | undefined)[] => (schemas as JsonSchema[]).map((each) => faultOf(value, each, deeper));
  if (Array.isArray(allOf)) {
    const fault = faults(allOf).find((each) => each !== undefined);
    if (fault !== undefined) return fault;
  }
  if (Array.isArray(anyOf)) {
    const all = faults(anyOf);
    if (all.every((each) => each !== undefined)) return all[0] ?? `${place.path} must fit one of the forms of anyOf`;
  }
  if (Array.isArray(oneOf) && faults(oneOf).filter((each) => each === undefined).length !== 1)
    return `${place.path} must fit exactly one of the forms of oneOf`;
  return not !== undefined && faultOf(value, not as JsonSchema, deeper) === undefined ? `${place.path} must not fit "not"` : undefined;
}

/** `#/$defs/price` within the schema; `undefined` for anything else. */
function resolve(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (!reference.startsWith('#')) return undefined;
  let found: unknown = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown> | undefined)?.[key];
  }
  return isSchema(found) || typeof found === 'boolean' ? found : undefined;
}

const isSchema = (value: unknown): value is Readonly<Record<string, unknown>> => isRecord(value);

const below = (place: Place, path: string): Place => ({ ...place, path: place.path + path, depth: place.depth + 1 });

const article = (name: string): string => (name === 'null' ? name : `${/^[aio]/.test(name) ? 'an' : 'a'} ${name}`);

function firstFault<T>(items: readonly T[], check: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const fault = check(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A schema comes from a client: a pattern that is none is not looked at, nor one that could take for ever. */
function expression(pattern: string): RegExp | undefined {
  if (pattern.length > 200 || /[*+}]\)?[*+{]|\\\d/.test(pattern)) return undefined;
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

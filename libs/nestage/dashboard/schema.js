/**
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {string} [title]
 * @property {string} [format]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {unknown[]} [enum]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {Schema} [items]
 * @property {number} [minItems]
 * @property {number} [maxItems]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Schema[]} [oneOf]
 * @property {Schema[]} [anyOf]
 * @property {string} [$ref]
 * @property {Record<string, Schema>} [$defs]
 */

/** @param {Schema} schema of one type, or of one and null */
export const typeOf = ({ type }) => (Array.isArray(type) ? type.find((each) => each !== 'null') : type);

/** What a reference stands for, with the words beside it. @param {Schema} schema @param {Record<string, Schema>} definitions @returns {Schema} */
export function resolve({ $ref, ...own }, definitions) {
  return $ref === undefined ? own : { ...definitions[nameOf($ref)], ...own };
}

/** @param {string} reference such as `#/$defs/Point` */
const nameOf = (reference) => reference.slice(reference.lastIndexOf('/') + 1);

/** What a person reads beside a field. @param {Schema} schema */
export function hintOf({ description = '', minimum, maximum, minItems, maxItems, default: preset }) {
  const words = [
    description,
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    minItems === undefined ? '' : `${minItems} or more`,
    maxItems === undefined ? '' : `${maxItems} at most`,
    preset === undefined ? '' : `${JSON.stringify(preset)} if left empty`,
  ];
  return words.filter(Boolean).join(', ');
}

/** What one of several forms of a value is called. @param {Schema} schema @returns {string} */
export function kindOf(schema) {
  if (schema.title) return schema.title;
  if (schema.$ref) return nameOf(schema.$ref);
  const type = typeOf(schema);
  return type === 'array' ? `list of ${schema.items ? kindOf(schema.items) : 'values'}` : (type ?? 'JSON');
}

/** Whether a value may be meant by a schema, as far as its type tells. @param {Schema} schema @param {unknown} value */
export function fits(schema, value) {
  const type = typeOf(schema) ?? (schema.$ref ? 'object' : undefined);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : type === undefined || typeof value === type;
}

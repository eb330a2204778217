import { choiceField, fileField, jsonField, numberField, setField, textField } from './controls.js';
import { h } from './dom.js';
import { listField, objectField, optionalField, variantField } from './nested-fields.js';
import { hintOf, resolve, typeOf } from './schema.js';

/**
 * @typedef {import('./controls.js').Field} Field
 * @typedef {import('./controls.js').Place} Place
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {import('./playground.js').CatalogueRoute} Route
 */

/**
 * A form made from the schema of a route's body, and its parameters. What is left empty is not sent.
 *
 * @param {Route} route
 */
export function createFields(route) {
  const { schema, parameters, example } = route;
  const given = /** @type {Record<string, unknown>} */ (typeof example === 'object' && example !== null ? example : {});
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {});
  const texts = new Map(
    parameters.map(({ source, name }) => [
      name,
      textField({ id: `parameter-${name}`, name, hint: `in the ${source}`, isRequired: source === 'path' }),
    ]),
  );
  const fields = new Map(names.map((name) => [name, fieldOf(name, schema, { isRequired: required.has(name), start: given[name] })]));
  const whole =
    names.length === 0 && route.body === 'json'
      ? jsonField({ id: 'field-body', name: 'body', isRequired: false, start: example ?? {}, hint: 'JSON' })
      : undefined;
  const isPlain = names.length <= 6;
  const main = names.filter((name) => isPlain || required.has(name) || name in given);
  const rest = names.filter((name) => !main.includes(name));
  const elementOf = (/** @type {string} */ name) => /** @type {Field} */ (fields.get(name)).element;
  const element = h(
    'div',
    { class: 'fields' },
    ...[...texts.values()].map((field) => field.element),
    ...main.map(elementOf),
    rest.length > 0
      ? h('details', { 'aria-label': 'More fields' }, h('summary', {}, `${rest.length} more fields`), ...rest.map(elementOf))
      : null,
    whole?.element ?? null,
  );
  return {
    element,
    read: () => {
      const values = [...fields]
        .map(([name, field]) => /** @type {const} */ ([name, field.value()]))
        .filter(([, value]) => value !== undefined);
      const byName = Object.fromEntries([...texts].map(([name, field]) => [name, String(field.value() ?? '')]));
      if (route.body === 'none') return { parameters: byName };
      if (route.body === 'form') return { parameters: byName, form: formOf(values) };
      return { parameters: byName, json: whole ? (whole.value() ?? {}) : Object.fromEntries(values) };
    },
  };
}

/** @param {(readonly [string, unknown])[]} values @returns {[string, string | File][]} */
function formOf(values) {
  return values.flatMap(([name, value]) => {
    const all = Array.isArray(value) ? value : [value];
    return all.map(
      (each) =>
        /** @type {[string, string | File]} */ ([
          name,
          each instanceof File ? each : typeof each === 'object' ? JSON.stringify(each) : String(each),
        ]),
    );
  });
}

/**
 * The field of one property of a body.
 *
 * @param {string} name
 * @param {Schema} body
 * @param {{ isRequired: boolean, start: unknown }} way
 */
export const fieldOf = (name, { properties = {}, $defs = {} }, way) =>
  createField(properties[name] ?? {}, { id: `field-${name}`, name, ...way }, { definitions: $defs, within: [] });

/**
 * @param {Schema} given
 * @param {Place} at
 * @param {{ definitions: Record<string, Schema>, within: string[] }} scope with the references that it stands within: what stands within
 *   its own kind waits until it is asked for, else there would be no end
 * @returns {Field}
 */
function createField(given, at, { definitions, within }) {
  const schema = resolve(given, definitions);
  const { items, properties, oneOf, anyOf } = schema;
  const type = typeOf(schema);
  const place = { ...at, hint: hintOf(schema) };
  const inner = given.$ref ? [...within, given.$ref] : within;
  const create = (/** @type {Schema} */ part, /** @type {Place} */ where) => createField(part, where, { definitions, within: inner });
  if (schema.format === 'binary') return fileField(place, { isMultiple: false });
  if (schema.enum) return choiceField(place, schema.enum);
  if (oneOf ?? anyOf) return variantField(place, oneOf ?? anyOf ?? [], create);
  if (properties) {
    const isThere = place.isAskedFor || (place.isRequired && !within.includes(given.$ref ?? ''));
    return isThere ? objectField(place, schema, create) : optionalField(place, given, create);
  }
  if (items?.format === 'binary') return fileField(place, { isMultiple: true });
  if (items?.enum) return setField(place, items.enum);
  if (items && Object.keys(items).length > 0) {
    return listField(place, inner.includes(items.$ref ?? '') ? { ...schema, minItems: 0 } : schema, create);
  }
  if (type === 'boolean') return choiceField(place, [true, false]);
  if (type === 'number' || type === 'integer') return numberField(place, schema);
  return type === 'string' ? textField(place) : jsonField(place);
}

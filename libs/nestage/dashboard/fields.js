import { h } from './dom.js';

/**
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {string} [format]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {unknown} [example]
 * @property {unknown[]} [enum]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string} [pattern]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 *
 * @typedef {import('./playground.js').CatalogueRoute} Route
 * @typedef {{ element: HTMLElement, value: () => unknown }} Field
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
    parameters.map(({ source, name }) => [name, textField(name, { hint: `in the ${source}`, isRequired: source === 'path' })]),
  );
  const fields = new Map(
    names.map((name) => [name, createField(name, schema.properties?.[name] ?? {}, { isRequired: required.has(name), start: given[name] })]),
  );
  const whole =
    names.length === 0 && route.body === 'json' ? jsonField('body', { isRequired: false, start: example ?? {}, hint: 'JSON' }) : undefined;
  const isPlain = names.length <= 6;
  const main = names.filter((name) => isPlain || required.has(name) || name in given);
  const rest = names.filter((name) => !main.includes(name));
  const elementOf = (/** @type {string} */ name) => /** @type {Field} */ (fields.get(name)).element;
  const element = h(
    'div',
    { class: 'fields' },
    ...[...texts.values()].map((field) => field.element),
    ...main.map(elementOf),
    rest.length > 0 ? h('details', {}, h('summary', {}, `${rest.length} more fields`), ...rest.map(elementOf)) : null,
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

/** @param {string} name @param {Schema} schema @param {{ isRequired: boolean, start: unknown }} of @returns {Field} */
export function createField(name, schema, { isRequired, start }) {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type;
  const way = { isRequired, start, hint: hintOf(schema) };
  if (schema.format === 'binary') return fileField(name, { ...way, isMultiple: false });
  if (type === 'array' && schema.items?.format === 'binary') return fileField(name, { ...way, isMultiple: true });
  if (type === 'array' && schema.items?.enum) return setField(name, { ...way, choices: schema.items.enum });
  if (schema.enum) return choiceField(name, { ...way, choices: schema.enum });
  if (type === 'boolean') return choiceField(name, { ...way, choices: [true, false] });
  if (type === 'number' || type === 'integer') return numberField(name, { ...way, schema, isWhole: type === 'integer' });
  if (type === 'string') return textField(name, way);
  return jsonField(name, way);
}

/** @param {Schema} schema */
function hintOf({ description, minimum, maximum, default: preset }) {
  const bounds = [minimum === undefined ? '' : `at least ${minimum}`, maximum === undefined ? '' : `at most ${maximum}`];
  const byDefault = preset === undefined ? '' : `${JSON.stringify(preset)} if left empty`;
  return [description ?? '', ...bounds, byDefault].filter(Boolean).join(', ');
}

/**
 * @param {string} name
 * @param {HTMLElement} control
 * @param {{ isRequired: boolean, hint?: string }} way
 */
function labelled(name, control, { isRequired, hint = '' }) {
  const id = `field-${name}`;
  control.id = id;
  if (isRequired) control.setAttribute('aria-required', 'true');
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
  const label = h('label', { for: id }, name, isRequired ? h('span', { class: 'needed' }, 'required') : null);
  return h('div', { class: 'field' }, label, control, hint ? h('span', { class: 'hint', id: `${id}-hint` }, hint) : null);
}

/** @typedef {{ isRequired: boolean, start?: unknown, hint?: string }} Way */

/** @param {string} name @param {Way} way @returns {Field} */
function textField(name, way) {
  const input = h('textarea', { rows: '1', spellcheck: 'false' });
  input.value = typeof way.start === 'string' ? way.start : '';
  return { element: labelled(name, input, way), value: () => (input.value === '' && !way.isRequired ? undefined : input.value) };
}

/** @param {string} name @param {Way & { schema: Schema, isWhole: boolean }} way @returns {Field} */
function numberField(name, { schema: { minimum, maximum }, isWhole, ...way }) {
  const input = h('input', {
    type: 'number',
    step: isWhole ? '1' : 'any',
    min: minimum === undefined ? undefined : String(minimum),
    max: maximum === undefined ? undefined : String(maximum),
  });
  input.value = typeof way.start === 'number' ? String(way.start) : '';
  return { element: labelled(name, input, way), value: () => (input.value === '' ? undefined : Number(input.value)) };
}

/** @param {string} name @param {Way & { choices: unknown[] }} way @returns {Field} */
function choiceField(name, { choices, ...way }) {
  const options = choices.map((choice, index) => h('option', { value: String(index), selected: choice === way.start }, String(choice)));
  const select = h('select', {}, h('option', { value: '' }, 'not set'), ...options);
  return { element: labelled(name, select, way), value: () => (select.value === '' ? undefined : choices[Number(select.value)]) };
}

/** Any number of choices. @param {string} name @param {Way & { choices: unknown[] }} way @returns {Field} */
function setField(name, { choices, hint = '', isRequired }) {
  const boxes = choices.map((choice, index) => h('input', { type: 'checkbox', id: `field-${name}-${index}`, value: String(choice) }));
  const lines = boxes.map((box) => h('span', { class: 'check-line' }, box, h('label', { for: box.id }, box.value)));
  const legend = h('legend', { class: 'label' }, name, isRequired ? h('span', { class: 'needed' }, 'required') : null);
  const value = () => {
    const chosen = choices.filter((_choice, index) => boxes[index].checked);
    return chosen.length > 0 ? chosen : undefined;
  };
  const note = hint ? h('span', { class: 'hint' }, hint) : null;
  return { element: h('fieldset', { class: 'field' }, legend, h('span', { class: 'choices' }, ...lines), note), value };
}

/** @param {string} name @param {Way & { isMultiple: boolean }} way @returns {Field} */
function fileField(name, { isMultiple, ...way }) {
  const input = h('input', { type: 'file', multiple: isMultiple });
  return { element: labelled(name, input, way), value: () => (input.files?.length ? [...input.files] : undefined) };
}

/** @param {string} name @param {Way} way @returns {Field} */
function jsonField(name, way) {
  const input = h('textarea', { rows: '4', spellcheck: 'false', class: 'json', placeholder: 'JSON' });
  input.value = way.start === undefined ? '' : JSON.stringify(way.start, undefined, 2);
  const value = () => {
    if (input.value.trim() === '') return undefined;
    try {
      return JSON.parse(input.value);
    } catch {
      throw new Error(`Complete the JSON of "${name}"`);
    }
  };
  return { element: labelled(name, input, way), value };
}

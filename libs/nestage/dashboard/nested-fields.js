import { neededOf } from './controls.js';
import { h, setText } from './dom.js';
import { fits, kindOf } from './schema.js';

/**
 * @typedef {import('./controls.js').Place} Place
 * @typedef {import('./controls.js').Field} Field
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {(schema: Schema, place: Place) => Field} Create makes the field of a schema
 */

/** @param {Place} place @param {...Node} content @returns {{ element: HTMLElement, title: HTMLElement }} */
function group(place, ...content) {
  const { id, name, hint } = place;
  const title = h('span', {}, name);
  const note = hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null;
  const described = hint ? `${id}-hint` : undefined;
  const legend = h('legend', { class: 'label' }, title, ...neededOf(place));
  return { title, element: h('fieldset', { class: 'nest', id, 'aria-describedby': described }, legend, note, ...content) };
}

/** One field for each property, in a group. @param {Place} place @param {Schema} schema @param {Create} create @returns {Field} */
export function objectField(place, { properties = {}, required = [] }, create) {
  const given = /** @type {Record<string, unknown>} */ (fits({ type: 'object' }, place.start) ? place.start : {});
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      /** @type {const} */ ([
        name,
        create(schema, { id: `${place.id}-${name}`, name, isRequired: required.includes(name), start: given[name] }),
      ]),
  );
  const value = () => Object.fromEntries(fields.map(([name, field]) => [name, field.value()]).filter(([, each]) => each !== undefined));
  return { ...group(place, ...fields.map(([, { element }]) => element)), value };
}

/** A list as rows that are added and removed. @param {Place} place @param {Schema} schema @param {Create} create @returns {Field} */
export function listField(place, { items = {}, minItems = 0, maxItems }, create) {
  const given = Array.isArray(place.start) ? place.start : Array.from({ length: minItems });
  const rows = createRows({
    titleOf: (index) => `${place.name} ${index + 1}`,
    addText: `Add to ${place.name}`,
    most: maxItems,
    create: (number, start) => create(items, { id: `${place.id}-${number}`, name: place.name, isRequired: false, isAskedFor: true, start }),
  });
  for (const start of given) rows.add(start);
  const value = () => {
    const values = rows.values().filter((each) => each !== undefined);
    return values.length > 0 || place.isRequired ? values : undefined;
  };
  return { ...group(place, ...rows.elements), value };
}

/** An object that is sent only when it was asked for. @param {Place} place @param {Create} create @param {Schema} schema @returns {Field} */
export function optionalField(place, schema, create) {
  const rows = createRows({
    titleOf: () => place.name,
    addText: `Add ${place.name}`,
    most: 1,
    create: (number, start) => create(schema, { ...place, id: `${place.id}-${number}`, isAskedFor: true, start }),
  });
  if (place.start !== undefined) rows.add(place.start);
  return { title: h('span'), element: h('div', { class: 'optional' }, ...rows.elements), value: () => rows.values()[0] };
}

/** A value that may have one of several forms. @param {Place} place @param {Schema[]} forms @param {Create} create @returns {Field} */
export function variantField(place, forms, create) {
  const options = forms.map((form, index) => h('option', { value: String(index) }, kindOf(form)));
  const select = h(
    'select',
    { id: `${place.id}-form`, 'aria-label': `Form of ${place.name}` },
    h('option', { value: '' }, 'not set'),
    ...options,
  );
  const content = h('div', { class: 'fields' });
  /** @type {Field | undefined} */
  let field;
  /** @param {unknown} [start] */
  const choose = (start) => {
    const form = forms[Number(select.value)];
    const name = `${place.name} as ${select.selectedOptions[0].text}`;
    field =
      select.value === ''
        ? undefined
        : create(form, { id: `${place.id}-${select.value}`, name, isRequired: false, isAskedFor: true, start });
    content.replaceChildren(...(field ? [field.element] : []));
  };
  select.addEventListener('change', () => choose());
  if (place.start !== undefined) {
    const index = forms.findIndex((form) => fits(form, place.start));
    select.value = index < 0 ? '' : String(index);
    choose(place.start);
  }
  return { ...group(place, select, content), value: () => field?.value() };
}

/**
 * Rows of fields with a button to add one and one in each to remove it. Focus goes where the work goes on.
 *
 * @param {{ titleOf: (index: number) => string, addText: string, most?: number, create: (number: number, start: unknown) => Field }} of
 *   numbers are never used again
 */
function createRows({ titleOf, addText, most = Infinity, create }) {
  const list = h('ul', { class: 'rows' });
  const button = h('button', { type: 'button', class: 'small' }, addText);
  /** @type {{ element: HTMLElement, remove: HTMLButtonElement, field: Field }[]} */
  const rows = [];
  let made = 0;

  const renew = () => {
    rows.forEach(({ remove, field }, index) => {
      setText(field.title, titleOf(index));
      setText(remove, `Remove ${titleOf(index)}`);
    });
    button.hidden = rows.length >= most;
    list.hidden = rows.length === 0;
    list.dispatchEvent(new Event('input', { bubbles: true }));
  };
  /** @param {unknown} [start] */
  const add = (start) => {
    const field = create(made++, start);
    const remove = h('button', { type: 'button', class: 'small' });
    const row = { element: h('li', { class: 'row' }, field.element, remove), remove, field };
    remove.addEventListener('click', () => {
      const at = rows.indexOf(row);
      rows.splice(at, 1);
      row.element.remove();
      renew();
      (rows[Math.min(at, rows.length - 1)]?.remove ?? button).focus();
    });
    rows.push(row);
    list.append(row.element);
    renew();
    return row.element;
  };
  button.addEventListener('click', () => {
    /** @type {HTMLElement | null} */ (add().querySelector('input, select, textarea, button'))?.focus();
  });
  renew();
  return { elements: [list, button], add, values: () => rows.map(({ field }) => field.value()) };
}

import { h } from './dom.js';

/**
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {object} Place where a field stands
 * @property {string} id no other field's on the page
 * @property {string} name what the field is called in the request
 * @property {boolean} isRequired
 * @property {boolean} [isAskedFor] whether a person has asked for it, by a row of a list or a button: an object is there at once
 * @property {unknown} [start] value to begin with
 * @property {string} [hint]
 * @typedef {{ element: HTMLElement, title: HTMLElement, value: () => unknown }} Field `undefined` is not sent
 */

/** Says in a legend that a group is needed; of a control its state says so. @param {Place} place @returns {(Node | string)[]} */
export const neededOf = ({ isRequired }) => (isRequired ? [' ', h('span', { class: 'needed' }, 'required')] : []);

/** @param {HTMLElement} control @param {Place} place */
function labelled(control, place) {
  const { id, name, isRequired, hint } = place;
  control.id = id;
  if (isRequired) control.setAttribute('aria-required', 'true');
  if (hint) control.setAttribute('aria-describedby', `${id}-hint`);
  const title = h('span', {}, name);
  const needed = isRequired ? h('span', { class: 'needed', 'aria-hidden': 'true' }, 'required') : null;
  const label = h('label', { for: id }, title, needed);
  return {
    title,
    element: h('div', { class: 'field' }, label, control, hint ? h('span', { class: 'hint', id: `${id}-hint` }, hint) : null),
  };
}

/** @param {Place} place @returns {Field} */
export function textField(place) {
  const input = h('textarea', { rows: '1', spellcheck: 'false' });
  input.value = typeof place.start === 'string' ? place.start : '';
  return { ...labelled(input, place), value: () => (input.value === '' && !place.isRequired ? undefined : input.value) };
}

/** @param {Place} place @param {Schema} schema @returns {Field} */
export function numberField(place, { type, minimum, maximum }) {
  const input = h('input', {
    type: 'number',
    step: [type].flat().includes('integer') ? '1' : 'any',
    min: minimum === undefined ? undefined : String(minimum),
    max: maximum === undefined ? undefined : String(maximum),
  });
  input.value = typeof place.start === 'number' ? String(place.start) : '';
  return { ...labelled(input, place), value: () => (input.value === '' ? undefined : Number(input.value)) };
}

/** @param {Place} place @param {unknown[]} choices @returns {Field} */
export function choiceField(place, choices) {
  const options = choices.map((choice, index) => h('option', { value: String(index), selected: choice === place.start }, String(choice)));
  const select = h('select', {}, h('option', { value: '' }, 'not set'), ...options);
  return { ...labelled(select, place), value: () => (select.value === '' ? undefined : choices[Number(select.value)]) };
}

/** Any number of choices. @param {Place} place @param {unknown[]} choices @returns {Field} */
export function setField(place, choices) {
  const { id, name, hint = '', start } = place;
  const given = new Set(Array.isArray(start) ? start : []);
  const boxes = choices.map((choice, index) =>
    h('input', { type: 'checkbox', id: `${id}-${index}`, value: String(choice), checked: given.has(choice) }),
  );
  const lines = boxes.map((box) => h('span', { class: 'check-line' }, box, h('label', { for: box.id }, box.value)));
  const title = h('span', {}, name);
  const value = () => {
    const chosen = choices.filter((_choice, index) => boxes[index].checked);
    return chosen.length > 0 ? chosen : undefined;
  };
  const legend = h('legend', { class: 'label' }, title, ...neededOf(place));
  const note = hint ? h('span', { class: 'hint' }, hint) : null;
  return { title, element: h('fieldset', { class: 'field', id }, legend, h('span', { class: 'choices' }, ...lines), note), value };
}

/** @param {Place} place @param {{ isMultiple: boolean }} way @returns {Field} */
export function fileField(place, { isMultiple }) {
  const input = h('input', { type: 'file', multiple: isMultiple });
  const value = () => {
    if (input.files?.length) return [...input.files];
    if (place.isRequired) throw new Error(`Choose ${isMultiple ? 'one file or more' : 'a file'} for "${place.name}"`);
    return undefined;
  };
  return { ...labelled(input, place), value };
}

/** For a value of which nothing is known. @param {Place} place @returns {Field} */
export function jsonField(place) {
  const input = h('textarea', { rows: '4', spellcheck: 'false', class: 'json', placeholder: 'JSON' });
  input.value = place.start === undefined ? '' : JSON.stringify(place.start, undefined, 2);
  const value = () => {
    if (input.value.trim() === '') return undefined;
    try {
      return JSON.parse(input.value);
    } catch {
      throw new Error(`Complete the JSON of "${place.name}"`);
    }
  };
  return { ...labelled(input, place), value };
}

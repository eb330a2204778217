import { h } from './dom.js';

/**
 * A table with a name, which scrolls by itself where it is too large for its place.
 *
 * @param {string} label
 * @param {readonly string[]} columns
 * @param {{ kind?: string, size?: string }} [classes] of the table, and of its place
 */
export function createTable(label, columns, { kind = '', size = '' } = {}) {
  const body = h('tbody');
  const head = h('tr', {}, ...columns.map((text) => h('th', { scope: 'col' }, text)));
  const table = h('table', { class: kind, 'aria-label': label }, h('thead', {}, head), body);
  return { body, element: h('div', { class: `table-wrap ${size}`, tabindex: '0', role: 'group', 'aria-label': label }, table) };
}

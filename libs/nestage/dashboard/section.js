import { h } from './dom.js';

/**
 * A part of the page with its heading.
 *
 * @param {string} id
 * @param {string} title
 * @param {...(Node | null)} children
 */
export function section(id, title, ...children) {
  return h('section', { class: 'section', 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);
}

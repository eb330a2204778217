/**
 * Makes an element. A child that is `null` is left out.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | ((event: Event) => void) | undefined>} [attributes] a function becomes a listener
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * The element with an id, which the page has.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element #${id}`);
  return element;
}

/**
 * Sets a text only when it is another, so that selections and screen readers are left alone.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows one of the service's figures: its text, and where it stands in the figures, so that it can be compared.
 *
 * @param {HTMLElement} element
 * @param {string} path such as `stats.routes.0.inFlight`
 * @param {unknown} value
 * @param {string} text
 */
export function setFigure(element, path, value, text) {
  setText(element, text);
  if (element.dataset.figure !== path) element.dataset.figure = path;
  const raw = JSON.stringify(value ?? null);
  if (element.dataset.value !== raw) element.dataset.value = raw;
}

/**
 * Keeps one child for each item, in their order; a child that stays is updated, not made anew, so that focus stays where it is. Items of one
 * key are told apart by their order.
 *
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, create: (item: T) => HTMLElement, update: (element: HTMLElement, item: T, index: number) => void }} way
 */
export function keep(parent, items, { key, create, update }) {
  const known = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  const seen = new Set();
  items.forEach((item, index) => {
    let name = key(item);
    for (let number = 2; seen.has(name); number++) name = `${key(item)} (${number})`;
    seen.add(name);
    let child = /** @type {HTMLElement | undefined} */ (known.get(name));
    known.delete(name);
    if (!child) {
      child = create(item);
      child.dataset.key = name;
    }
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
    update(child, item, index);
  });
  for (const child of known.values()) child.remove();
}

/**
 * A part of an element by its `data-part`.
 *
 * @param {Element} element
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(element, name) {
  const found = element.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`No part "${name}"`);
  return found;
}

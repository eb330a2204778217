import { h, setText } from './dom.js';

/** @typedef {import('./figures.js').Route} Route */

/** A page of as many handlers can be looked through without help. */
const FEW = 12;

/**
 * Leaves of many handlers those that are looked for, or those in trouble.
 *
 * @param {() => void} onChange
 */
export function createHandlerFilter(onChange) {
  const text = h('input', { type: 'search', id: 'handler-filter', autocomplete: 'off', spellcheck: 'false' });
  const trouble = h('input', { type: 'checkbox', id: 'handler-trouble' });
  const told = h('p', { class: 'note', role: 'status', 'aria-label': 'Handlers found' });
  const element = h(
    'div',
    { class: 'filter', hidden: true, role: 'search', 'aria-label': 'Handlers' },
    h('p', { class: 'field' }, h('label', { for: text.id }, 'Name or path'), text),
    h('p', { class: 'check-line' }, trouble, h('label', { for: trouble.id }, 'Only those in trouble')),
    told,
  );
  text.addEventListener('input', onChange);
  trouble.addEventListener('change', onChange);
  return {
    element,
    /** @param {Route[]} routes @returns {{ route: Route, index: number }[]} */
    of(routes) {
      element.hidden = routes.length <= FEW;
      const all = routes.map((route, index) => ({ route, index }));
      if (element.hidden) return all;
      const words = text.value.toLowerCase().split(/\s+/);
      const found = all.filter(({ route }) => {
        const known = `${route.name} ${route.method} ${route.path}`.toLowerCase();
        return words.every((word) => known.includes(word)) && (!trouble.checked || isInTrouble(route));
      });
      setText(told, found.length < all.length ? `${found.length} of ${all.length} handlers` : `${all.length} handlers`);
      return found;
    },
  };
}

/** Not ready, no longer asked, failing, or with more to do than it can. @param {Route} route */
function isInTrouble({ state, breaker, errors, inFlight, concurrency, waiting }) {
  const isRefused = breaker !== null && breaker !== 'closed';
  return state !== 'ready' || isRefused || errors.L3 + errors.L4 > 0 || (waiting > 0 && inFlight >= concurrency);
}

import { resetBreaker } from './breaker.js';
import { h } from './dom.js';
import { createTable } from './table.js';

export const STAGES = ['preProcess', 'run', 'postProcess'];
export const STATISTICS = /** @type {const} */ (['count', 'p50', 'p95', 'p99', 'max']);
export const TIERS = /** @type {const} */ (['L1', 'L2', 'L3', 'L4']);
/** Cards so far: no two have one id. */
let made = 0;
const TIER_NAMES = { L1: 'client', L2: 'business', L3: 'technical', L4: 'fatal' };

/**
 * The card of one route, empty: its figures are filled in by name of their part.
 *
 * @param {import('./figures.js').Route} route
 * @param {{ base: string, catalogue: import('./main.js').Catalogue }} page
 */
export function createCard({ name, method, path, version }, { base, catalogue }) {
  const reset = h(
    'button',
    { type: 'button', class: 'small', 'data-part': 'reset' },
    h('span', { 'data-part': 'resetWord' }, 'Reset'),
    h('span', { class: 'unseen' }, ` the breaker of ${path}`),
  );
  const said = h('span', { class: 'unseen', role: 'status', 'aria-label': `Reset of ${path}` });
  reset.addEventListener('click', () => void resetBreaker({ base, path, button: reset, said, isKeyed: catalogue.isKeyed }));
  const id = `handler-${++made}`;
  return h(
    'article',
    { class: 'card handler', 'aria-labelledby': id },
    h(
      'header',
      { class: 'handler-head' },
      h(
        'div',
        {},
        h('h3', { id }, name),
        h('p', { class: 'route' }, h('span', { class: 'method' }, method), ` ${path}${version === null ? '' : ` · version ${version}`}`),
      ),
      h('p', { class: 'rate' }, h('span', { 'data-part': 'rate', class: 'rate-value' }, '0'), h('span', { class: 'unit' }, 'req/s')),
    ),
    h('div', { class: 'meters' }, meter('inFlight', 'In flight'), meter('waiting', 'Waiting')),
    stageTable(`Latencies of ${method} ${path}${version === null ? '' : ` of version ${version}`}`),
    h(
      'div',
      { class: 'handler-foot' },
      h(
        'ul',
        { class: 'tiers', 'aria-label': 'Errors of the last hour by tier' },
        ...TIERS.map((tier) =>
          h(
            'li',
            { class: 'tier', 'data-tier': tier, title: `${tier}: ${TIER_NAMES[tier]} errors of the last hour` },
            `${tier} `,
            h('span', { 'data-part': tier }, '0'),
          ),
        ),
      ),
      h(
        'p',
        { class: 'breaker', 'data-part': 'breakerLine', hidden: true },
        'Breaker ',
        h('span', { class: 'pill', 'data-part': 'breaker', tabindex: '-1' }),
        ' ',
        reset,
        said,
      ),
      h(
        'p',
        { class: 'batches', 'data-part': 'batchLine', hidden: true },
        'Batches ',
        h('b', { 'data-part': 'batches' }),
        ', mean ',
        h('b', { 'data-part': 'batchMean' }),
        ', largest ',
        h('b', { 'data-part': 'batchLargest' }),
      ),
    ),
  );
}

/** @param {string} name @param {string} label */
function meter(name, label) {
  const bar = h(
    'div',
    { class: 'bar', role: 'meter', 'aria-label': label, 'aria-valuemin': '0', 'data-part': `${name}Bar` },
    h('span', {}),
  );
  return h(
    'div',
    { class: 'meter' },
    h(
      'p',
      {},
      h('span', {}, label),
      h('span', { class: 'meter-text' }, h('b', { 'data-part': name }, '0'), ' / ', h('span', { 'data-part': `${name}Of` }, '0')),
    ),
    bar,
  );
}

/** @param {string} label */
function stageTable(label) {
  const { body, element } = createTable(label, ['Stage', 'Count', 'p50', 'p95', 'p99', 'Max'], { kind: 'stages' });
  const states = h(
    'tr',
    {},
    h('th', { scope: 'row' }, 'initialize'),
    h(
      'td',
      { colspan: '5', class: 'state-cell' },
      h('span', { class: 'pill', 'data-part': 'state' }),
      h('span', { class: 'idle-note', 'data-part': 'idle' }, 'no requests in this time'),
    ),
  );
  const rows = [...STAGES, 'request'].map((stage) =>
    h(
      'tr',
      { class: stage === 'request' ? 'whole' : 'part' },
      h('th', { scope: 'row' }, stage),
      ...STATISTICS.map((statistic) => h('td', { 'data-part': `${stage}.${statistic}` }, '–')),
    ),
  );
  body.append(states, ...rows);
  return element;
}

import { resetBreaker } from './breaker.js';
import { h, keep, part, setFigure, setText } from './dom.js';
import { count, duration, rate, words } from './format.js';
import { section } from './section.js';

/** @typedef {import('./connection.js').Route} Route */
/** @typedef {import('./connection.js').Stats} Stats */

const STAGES = ['preProcess', 'run', 'postProcess'];
const STATISTICS = /** @type {const} */ (['count', 'p50', 'p95', 'p99', 'max']);
const TIERS = /** @type {const} */ (['L1', 'L2', 'L3', 'L4']);
const TIER_NAMES = { L1: 'client', L2: 'business', L3: 'technical', L4: 'fatal' };
const STATE_TONES = { ready: 'good', initializing: 'warn', waiting: 'idle', failed: 'bad' };
const BREAKER_TONES = { closed: 'good', half_open: 'warn', open: 'bad' };

/** Each route with its stages, limits, errors, breaker and batches. @param {{ base: string, catalogue: import('./main.js').Catalogue }} page */
export function createHandlers(page) {
  const list = h('div', { class: 'handlers' });
  const empty = h('p', { class: 'empty' }, 'This service has no handlers yet.');
  const span = h('p', { class: 'note', 'data-part': 'span' });
  const element = section('handlers', 'Handlers', span, list, empty);
  return {
    element,
    /** @param {import('./connection.js').Figures} figures */
    show({ stats }) {
      empty.hidden = stats.routes.length > 0;
      const minutes = Math.round(stats.performance.window.windowMs / 60_000);
      setText(span, `Latencies of the last ${minutes > 0 ? `${minutes} min` : `${stats.performance.window.windowMs / 1000} s`}`);
      keep(list, stats.routes, {
        key: ({ method, path }) => `${method} ${path}`,
        create: (route) => card(route, page),
        update: (each, route, index) => update(each, route, { stats, index, canReset: page.catalogue.breakerReset }),
      });
    },
  };
}

/** @param {Route} route @param {{ base: string, catalogue: import('./main.js').Catalogue }} page */
function card({ name, method, path }, { base, catalogue }) {
  const reset = h(
    'button',
    { type: 'button', class: 'small', 'data-part': 'reset', 'aria-label': `Reset the breaker of ${path}` },
    'Reset',
  );
  reset.addEventListener('click', () => void resetBreaker({ base, path, button: reset, isKeyed: catalogue.isKeyed }));
  const id = `handler-${method}-${path.replace(/[^a-z0-9]+/gi, '-')}`;
  return h(
    'article',
    { class: 'card handler', 'aria-labelledby': id },
    h(
      'header',
      { class: 'handler-head' },
      h('div', {}, h('h3', { id }, name), h('p', { class: 'route' }, h('span', { class: 'method' }, method), ` ${path}`)),
      h('p', { class: 'rate' }, h('span', { 'data-part': 'rate', class: 'rate-value' }, '0'), h('span', { class: 'unit' }, 'req/s')),
    ),
    h('div', { class: 'meters' }, meter('inFlight', 'In flight'), meter('waiting', 'Waiting')),
    stageTable(`Latencies of ${method} ${path}`),
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
        h('span', { class: 'pill', 'data-part': 'breaker' }),
        ' ',
        reset,
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
  const head = ['Stage', 'Count', 'p50', 'p95', 'p99', 'Max'].map((text) => h('th', { scope: 'col' }, text));
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
  return h(
    'div',
    { class: 'table-wrap', tabindex: '0', role: 'region', 'aria-label': label },
    h('table', { class: 'stages' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, states, ...rows)),
  );
}

/** @param {HTMLElement} card @param {Route} route @param {{ stats: Stats, index: number, canReset: boolean }} at */
function update(card, route, { stats, index, canReset }) {
  const at = `stats.routes.${index}`;
  setFigure(part(card, 'rate'), `${at}.requestsPerSecond`, route.requestsPerSecond, rate(route.requestsPerSecond));
  showMeter(card, 'inFlight', { at, value: route.inFlight, of: route.concurrency, ofName: 'concurrency' });
  showMeter(card, 'waiting', { at, value: route.waiting, of: route.queue, ofName: 'queue' });
  const state = part(card, 'state');
  setFigure(state, `${at}.state`, route.state, route.state);
  state.dataset.tone = STATE_TONES[route.state];
  card.dataset.idle = String(!stats.performance.window.statistics[route.name]?.count);
  for (const stage of [...STAGES, 'request']) showStage(card, stage, { route, stats });
  for (const tier of TIERS) {
    const shown = part(card, tier);
    setFigure(shown, `${at}.errors.${tier}`, route.errors[tier], count(route.errors[tier]));
    if (shown.parentElement) shown.parentElement.dataset.some = String(route.errors[tier] > 0);
  }
  showBreaker(card, route, { at, canReset });
  showBatches(card, route, at);
}

/** @param {HTMLElement} card @param {string} stage @param {{ route: Route, stats: Stats }} of */
function showStage(card, stage, { route, stats }) {
  const name = stage === 'request' ? route.name : `${route.name}.${stage}`;
  const statistics = stats.performance.window.statistics[name];
  for (const statistic of STATISTICS) {
    const value = statistics?.count ? statistics[statistic] : undefined;
    const text = statistic === 'count' ? (value === undefined ? '–' : count(value)) : duration(value);
    const cell = part(card, `${stage}.${statistic}`);
    if (value === undefined) setText(cell, '–');
    else setFigure(cell, `stats.performance.window.statistics|${name}|${statistic}`, value, text);
  }
}

/** @param {HTMLElement} card @param {'inFlight' | 'waiting'} name @param {{ at: string, value: number, of: number, ofName: string }} figure */
function showMeter(card, name, { at, value, of, ofName }) {
  setFigure(part(card, name), `${at}.${name}`, value, count(value));
  setFigure(part(card, `${name}Of`), `${at}.${ofName}`, of, count(of));
  const bar = part(card, `${name}Bar`);
  const share = of > 0 ? Math.min(1, value / of) : 0;
  bar.setAttribute('aria-valuenow', String(value));
  bar.setAttribute('aria-valuemax', String(of));
  bar.dataset.full = String(share >= 1);
  bar.style.setProperty('--share', `${share * 100}%`);
}

/** @param {HTMLElement} card @param {Route} route @param {{ at: string, canReset: boolean }} of */
function showBreaker(card, { breaker }, { at, canReset }) {
  part(card, 'breakerLine').hidden = breaker === null;
  if (breaker === null) return;
  const shown = part(card, 'breaker');
  setFigure(shown, `${at}.breaker`, breaker, words(breaker));
  shown.dataset.tone = BREAKER_TONES[breaker];
  part(card, 'reset').hidden = !canReset || breaker === 'closed';
}

/** @param {HTMLElement} card @param {Route} route @param {string} at */
function showBatches(card, { batches }, at) {
  part(card, 'batchLine').hidden = batches === null;
  if (batches === null) return;
  setFigure(part(card, 'batches'), `${at}.batches.batches`, batches.batches, count(batches.batches));
  setText(part(card, 'batchMean'), (batches.items / batches.batches).toFixed(1));
  setFigure(part(card, 'batchLargest'), `${at}.batches.largest`, batches.largest, count(batches.largest));
}

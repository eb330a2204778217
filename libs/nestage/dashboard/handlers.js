import { createHandlerFilter } from './handler-filter.js';
import { createCard, STAGES, STATISTICS, TIERS } from './handler-card.js';
import { h, keep, part, setFigure, setText } from './dom.js';
import { count, duration, rate, words } from './format.js';
import { section } from './section.js';

/** @typedef {import('./figures.js').Route} Route */
/** @typedef {import('./figures.js').Stats} Stats */

const STATE_TONES = { ready: 'good', initializing: 'warn', waiting: 'idle', failed: 'bad' };
const BREAKER_TONES = { closed: 'good', half_open: 'warn', open: 'bad' };

/** Each route with its stages, limits, errors, breaker and batches. @param {{ base: string, catalogue: import('./main.js').Catalogue }} page */
export function createHandlers(page) {
  const list = h('div', { class: 'handlers' });
  const empty = h('p', { class: 'empty' }, 'This service has no handlers yet.');
  const span = h('p', { class: 'note', 'data-part': 'span' });
  /** @type {Stats | undefined} */
  let last;
  const filter = createHandlerFilter(() => last && showList(last));
  const element = section('handlers', 'Handlers', span, filter.element, list, empty);
  /** @param {Stats} stats */
  const showList = (stats) =>
    keep(list, filter.of(stats.routes), {
      key: ({ route: { method, path, version } }) => `${method} ${path} ${version}`,
      create: ({ route }) => createCard(route, page),
      update: (each, { route, index }) => update(each, route, { stats, index, canReset: page.catalogue.breakerReset }),
    });
  return {
    element,
    /** @param {import('./figures.js').Figures} figures */
    show({ stats }) {
      last = stats;
      empty.hidden = stats.routes.length > 0;
      const minutes = Math.round(stats.performance.window.windowMs / 60_000);
      setText(span, `Latencies of the last ${minutes > 0 ? `${minutes} min` : `${stats.performance.window.windowMs / 1000} s`}`);
      showList(stats);
    },
  };
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
  const reset = part(card, 'reset');
  const isFocused = document.activeElement === reset;
  reset.hidden = !canReset || breaker === 'closed';
  if (reset.hidden) setText(part(card, 'resetWord'), 'Reset'); // for the next time
  if (isFocused && reset.hidden) shown.focus(); // who pressed it goes on from where it was
}

/** @param {HTMLElement} card @param {Route} route @param {string} at */
function showBatches(card, { batches }, at) {
  part(card, 'batchLine').hidden = batches === null;
  if (batches === null) return;
  setFigure(part(card, 'batches'), `${at}.batches.batches`, batches.batches, count(batches.batches));
  setText(part(card, 'batchMean'), (batches.items / batches.batches).toFixed(1));
  setFigure(part(card, 'batchLargest'), `${at}.batches.largest`, batches.largest, count(batches.largest));
}

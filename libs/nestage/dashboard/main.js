import { byId, h, setFigure, setText } from './dom.js';
import { clock } from './format.js';
import { listen } from './connection.js';
import { createOverview } from './overview.js';
import { createPlayground } from './playground.js';
import { followTheme } from './theme.js';

const base = document.body.dataset.base ?? '';
const TONES = /** @type {Record<string, string>} */ ({ healthy: 'good', degraded: 'warn', unhealthy: 'bad' });

/**
 * @typedef {object} Catalogue
 * @property {string} service
 * @property {string | null} records
 * @property {boolean} breakerReset
 * @property {number} intervalMs
 * @property {boolean} isKeyed
 * @property {boolean} isApart
 * @property {import('./playground.js').CatalogueRoute[]} routes
 */

/** @type {ReturnType<typeof createOverview> | undefined} */
let overview;
/** @type {import('./figures.js').Figures | undefined} */
let last;

followTheme(() => overview?.repaint());
addEventListener('hashchange', showView);
showView();
void start();

async function start() {
  const catalogue = await fetchCatalogue();
  setText(byId('service'), catalogue.service);
  document.title = `${catalogue.service} · status`;
  overview = createOverview(byId('overview'), { base, catalogue });
  createPlayground(byId('playground'), catalogue);
  listen(`${base}/figures`, { intervalMs: catalogue.intervalMs, opened: () => void compare(catalogue), figures: show, lost });
}

/** A service that was started anew may have other handlers than those that the page knows. @param {Catalogue} known */
async function compare(known) {
  const reply = await fetch(`${base}/catalogue`).catch(() => undefined);
  if (!reply?.ok) return; // the next connection asks again
  const isSame = JSON.stringify(await reply.json()) === JSON.stringify(known);
  const reload = h('button', { type: 'button', class: 'small', click: () => location.reload() }, 'Reload the page');
  byId('notice').replaceChildren(...(isSame ? [] : ['The service was started anew with other handlers. ', reload]));
}

/** What the page is told once; asked for until it comes. @returns {Promise<Catalogue>} */
async function fetchCatalogue() {
  for (;;) {
    try {
      const reply = await fetch(`${base}/catalogue`);
      if (reply.ok) return await reply.json();
      tell('bad', `The service answered ${reply.status}`);
    } catch {
      tell('bad', 'The service does not answer');
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/** @param {import('./figures.js').Figures} figures @param {number} [pollMs] */
function show(figures, pollMs) {
  last = figures;
  const { status } = figures.health;
  const overall = byId('overall');
  setFigure(overall, 'health.status', status, status);
  overall.dataset.tone = TONES[status] ?? 'idle';
  tell('live', pollMs === undefined ? 'Live' : `Live, every ${pollMs / 1000} s`);
  byId('banner').hidden = true;
  overview?.show(figures);
}

/** @param {number} retryInMs */
function lost(retryInMs) {
  tell('lost', 'Reconnecting');
  const since = last ? ` Figures are of ${clock(last.at)}.` : '';
  const banner = byId('banner');
  const text = `Connection lost: the next try is in ${Math.round(retryInMs / 1000)} s.${since}`;
  if (banner.hidden) banner.replaceChildren(h('span', {}, text));
  else setText(banner, text);
  banner.hidden = false;
}

/** @param {'live' | 'lost' | 'bad'} state @param {string} text */
function tell(state, text) {
  document.body.dataset.link = state;
  setText(byId('link'), text);
}

function showView() {
  const view = location.hash === '#playground' ? 'playground' : 'overview';
  for (const name of ['overview', 'playground']) {
    byId(name).hidden = name !== view;
    const tab = byId(`tab-${name}`);
    if (name === view) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  if (view === 'overview') overview?.repaint();
}

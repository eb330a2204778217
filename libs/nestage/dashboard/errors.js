import { h, keep, part, setText } from './dom.js';
import { clock, words } from './format.js';
import { openRecord } from './record.js';
import { section } from './section.js';
import { createTable } from './table.js';

/** @typedef {import('./figures.js').RecentError} RecentError */

const FILTERS = ['All', 'L1', 'L2', 'L3', 'L4'];

/** The last errors, each a way to its request, and the last alerts. @param {string | null} records path of request records */
export function createErrors(records) {
  let tier = 'All';
  /** @type {RecentError[]} */
  let errors = [];
  const empty = h('p', { class: 'empty' }, 'No errors so far.');
  const buttons = FILTERS.map((name) => h('button', { type: 'button', class: 'chip', 'aria-pressed': String(name === tier) }, name));
  for (const button of buttons) {
    button.addEventListener('click', () => {
      tier = button.textContent ?? 'All';
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
      show();
    });
  }
  const { body, element: table } = createTable('The last errors', ['Time', 'Tier', 'Error'], { kind: 'errors', size: 'tall' });
  const element = section(
    'errors',
    'Last errors',
    h('div', { class: 'chips', role: 'group', 'aria-label': 'Tier' }, ...buttons),
    table,
    empty,
  );
  const alerts = createAlerts();

  function show() {
    const shown = errors.filter((error) => tier === 'All' || error.tier === tier);
    table.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    setText(empty, errors.length === 0 ? 'No errors so far.' : `No errors of tier ${tier}.`);
    keep(body, shown, {
      key: ({ at, logId, code }) => `${at} ${logId} ${code}`,
      create: (error) => row(error, records),
      update: () => undefined,
    });
  }
  return {
    element,
    alerts: alerts.element,
    /** @param {import('./figures.js').Figures} figures */
    show({ stats }) {
      errors = stats.recentErrors;
      show();
      alerts.show(stats.recentAlerts);
    },
  };
}

/** @param {RecentError} error @param {string | null} records */
function row({ at, tier, code, handler, logId, message }, records) {
  return h(
    'tr',
    {},
    h('td', { class: 'time' }, clock(at)),
    h('td', {}, h('span', { class: 'tier', 'data-tier': tier, 'data-some': 'true' }, tier)),
    h(
      'td',
      { class: 'what' },
      h('b', {}, words(code)),
      h('span', { class: 'soft' }, handler ?? 'no handler'),
      h('span', { class: 'message' }, message),
      logId ? requestOf(logId, records) : null,
    ),
  );
}

/** @param {string} logId @param {string | null} records */
function requestOf(logId, records) {
  const text = `Request ${logId}`;
  return records
    ? h('button', { type: 'button', class: 'log-id', click: () => void openRecord(records, logId) }, text)
    : h('span', { class: 'soft' }, text);
}

function createAlerts() {
  const list = h('ul', { class: 'alerts' });
  const empty = h('p', { class: 'empty' }, 'No alerts.');
  // new ones are read out, those that were there before are not
  const log = h('div', { role: 'log', 'aria-label': 'Alerts', 'aria-live': 'off' }, list);
  const element = section('alerts', 'Alerts', log, empty);
  return {
    element,
    /** @param {import('./figures.js').RecentAlert[]} alerts */
    show(alerts) {
      empty.hidden = alerts.length > 0;
      keep(list, alerts, {
        key: ({ id, state }) => `${id} ${state}`,
        create: ({ at, state, rule, tier, handler, message }) =>
          h(
            'li',
            { class: 'alert' },
            h('span', { class: 'pill', 'data-tone': state === 'firing' ? 'bad' : 'good' }, state),
            h(
              'div',
              {},
              h('p', {}, h('b', {}, rule), ` ${tier}, ${handler ?? 'no handler'}, `, h('span', { 'data-part': 'count' })),
              h('p', { class: 'message' }, message),
            ),
            h('time', { datetime: at, class: 'time' }, clock(at)),
          ),
        update: (element, { count }) => setText(part(element, 'count'), count === 1 ? '1 error' : `${count} errors`),
      });
      log.setAttribute('aria-live', 'polite');
    },
  };
}

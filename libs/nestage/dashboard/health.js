import { h, keep, part, setFigure, setText } from './dom.js';
import { section } from './section.js';

const TONES = /** @type {Record<string, string>} */ ({ healthy: 'good', degraded: 'warn', unhealthy: 'bad', ready: 'good', failed: 'bad' });

/** The verdict of each check and the state of each model and handler. */
export function createHealth() {
  const checks = h('ul', { class: 'checks', 'aria-label': 'Health checks' });
  const empty = h('p', { class: 'empty' }, 'No checks beside the handlers themselves.');
  const units = h('ul', { class: 'checks', 'aria-label': 'Models and handlers' });
  const element = section('health', 'Health', checks, empty, units);
  return {
    element,
    /** @param {import('./figures.js').Figures} figures */
    show({ health }) {
      const rows = rowsOf(health);
      empty.hidden = rows.length > 0;
      keep(checks, rows, { key: ({ name }) => name, create: row, update });
      const stages = Object.entries(health.stages ?? {}).map(([name, status]) => ({
        name,
        status,
        reason: '',
        path: `health.stages|${name}`,
      }));
      keep(units, stages, { key: ({ name }) => name, create: row, update });
    },
  };
}

/** @typedef {{ name: string, status: string, reason: string, path: string }} Row */

/** @param {import('./figures.js').Health} health @returns {Row[]} */
function rowsOf({ checks, processes = [] }) {
  const parts = checks ? [{ prefix: '', path: 'health.checks', checks }] : [];
  const ofProcesses = processes.map(({ process, checks: own = {} }, index) => ({
    prefix: `Process ${process}: `,
    path: `health.processes.${index}.checks`,
    checks: own,
  }));
  return [...parts, ...ofProcesses].flatMap(({ prefix, path, checks: own }) =>
    Object.entries(own).map(([name, { status, reason = '' }]) => {
      return { name: prefix + name, status, reason, path: `${path}|${name}|status` };
    }),
  );
}

function row() {
  return h(
    'li',
    { class: 'check' },
    h('span', { class: 'check-name' }, h('span', { 'data-part': 'name' }), h('span', { class: 'reason', 'data-part': 'reason' })),
    h('span', { class: 'pill', 'data-part': 'status' }),
  );
}

/** @param {HTMLElement} element @param {Row} row */
function update(element, { name, status, reason, path }) {
  setText(part(element, 'name'), name);
  setText(part(element, 'reason'), reason);
  const pill = part(element, 'status');
  setFigure(pill, path, status, status);
  pill.dataset.tone = TONES[status] ?? 'idle';
}

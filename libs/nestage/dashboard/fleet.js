import { h, keep, setFigure } from './dom.js';
import { bytes, count, duration, percent, uptime, words } from './format.js';
import { section } from './section.js';
import { createTable } from './table.js';

/**
 * @typedef {{ name: string, cells: { path: string, value: unknown, text: string }[] }} Row
 * @typedef {import('./figures.js').Stats} Stats
 */

/** @param {string} path @param {number | undefined} value @param {(value: number) => string} format */
const cell = (path, value, format = count) => ({ path, value: value ?? null, text: value === undefined ? '–' : format(value) });

/** @type {readonly { id: string, title: string, columns: string[], rows: (stats: Stats) => Row[] }[]} */
const TABLES = [
  {
    id: 'processes',
    title: 'Processes',
    columns: ['Process', 'State', 'In flight', 'Loop busy', 'Max delay', 'Uptime'],
    rows: ({ processes = [] }) =>
      processes.map(({ process, pid, state, requestsInFlight, eventLoop, uptimeSeconds }, index) => {
        const at = `stats.processes.${index}`;
        const state_ = { path: `${at}.state`, value: state, text: words(state) };
        return {
          name: `${process} (pid ${pid})`,
          cells: [
            state_,
            cell(`${at}.requestsInFlight`, requestsInFlight),
            cell(`${at}.eventLoop.utilization`, eventLoop?.utilization, (share) => percent(share * 100)),
            cell(`${at}.eventLoop.maxDelayMs`, eventLoop?.maxDelayMs, duration),
            cell(`${at}.uptimeSeconds`, uptimeSeconds, uptime),
          ],
        };
      }),
  },
  {
    id: 'workers',
    title: 'Worker threads',
    columns: ['Pool', 'Busy', 'Threads', 'Waiting', 'Done', 'Failed', 'Crashed', 'Restarts'],
    rows: ({ workers }) =>
      rowsOf(workers, 'stats.workers', ['threadsBusy', 'threads', 'tasksWaiting', 'ok', 'error', 'crashed', 'restarts']),
  },
  {
    id: 'cache',
    title: 'Shared results',
    columns: ['Route', 'Hits', 'Joined', 'Misses', 'Bypassed', 'Kept', 'Size'],
    rows: ({ cache }) => rowsOf(cache, 'stats.cache', ['hits', 'joined', 'misses', 'bypasses', 'entries', 'bytes']),
  },
  {
    id: 'jobs',
    title: 'Jobs',
    columns: ['Queue', 'Waiting', 'Delayed', 'Active', 'Oldest waits'],
    rows: ({ jobs }) => (jobs ? rowsOf({ 'all routes': jobs }, 'stats.jobs', ['waiting', 'delayed', 'active', 'oldestMs'], true) : []),
  },
];

/** @type {Record<string, (value: number) => string>} */
const FORMATS = { bytes, oldestMs: duration };

/** @param {Record<string, Record<string, number>>} byName @param {string} path @param {string[]} fields @param {boolean} [isWhole] @returns {Row[]} */
function rowsOf(byName, path, fields, isWhole = false) {
  return Object.entries(byName).map(([name, figures]) => ({
    name,
    cells: fields.map((field) => cell(isWhole ? `${path}|${field}` : `${path}|${name}|${field}`, figures[field], FORMATS[field] ?? count)),
  }));
}

/** Processes, worker threads, shared results and jobs: each where the service has any. */
export function createFleet() {
  const tables = TABLES.map(({ id, title, columns, rows }) => {
    const { body, element: table } = createTable(title, columns);
    const element = section(id, title, table);
    return { element, body, rows, columns };
  });
  return {
    element: h('div', { class: 'fleet' }, ...tables.map(({ element }) => element)),
    /** @param {import('./figures.js').Figures} figures */
    show({ stats }) {
      for (const { element, body, rows, columns } of tables) {
        const all = [...rows(stats)].sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
        element.hidden = all.length === 0;
        keep(body, all, {
          key: ({ name }) => name,
          create: ({ name }) => h('tr', {}, h('th', { scope: 'row' }, name), ...columns.slice(1).map(() => h('td'))),
          update: (row, { cells }) =>
            cells.forEach(({ path, value, text }, index) =>
              setFigure(/** @type {HTMLElement} */ (row.children[index + 1]), path, value, text),
            ),
        });
      }
    },
  };
}

import { h } from './dom.js';
import { bytes, clock, duration } from './format.js';

/**
 * @typedef {object} RequestRecord
 * @property {string} logId
 * @property {string} method
 * @property {string} [path]
 * @property {string} [handler]
 * @property {string} startedAt
 * @property {number} durationMs
 * @property {number} status
 * @property {string} [tier]
 * @property {string} [code]
 * @property {string} [abortedBy]
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {number} maxEventLoopDelayMs
 * @property {Record<string, number>} stagesMs
 * @property {Record<string, number>} waitedMs
 * @property {number} retries
 * @property {number} [firstItemMs]
 * @property {string} [cache]
 * @property {number} [workerActiveMs]
 */

/**
 * Shows the record of one request, its times as a waterfall.
 *
 * @param {string} path of the records
 * @param {string} logId
 */
export async function openRecord(path, logId) {
  const content = h('div', { class: 'record' }, h('p', { class: 'empty loading' }, 'Looking it up'));
  const close = h('button', { type: 'button', click: () => dialog.close() }, 'Close');
  const title = h('h2', { id: 'record-title' }, 'Request ', h('code', {}, logId));
  const dialog = h(
    'dialog',
    { class: 'dialog wide', 'aria-labelledby': 'record-title' },
    h('header', { class: 'dialog-head' }, title, close),
    content,
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const reply = await fetch(`${path}/${encodeURIComponent(logId)}`);
    if (reply.ok) return content.replaceChildren(...describe(await reply.json()));
    const text =
      reply.status === 404 ? 'Its record is no longer kept. The log has it under this id.' : `The service answered ${reply.status}.`;
    content.replaceChildren(h('p', { class: 'empty' }, text));
  } catch {
    content.replaceChildren(h('p', { class: 'empty' }, 'The service does not answer. Close this and try again.'));
  }
}

/** @param {RequestRecord} record */
function describe(record) {
  const facts = /** @type {[string, string | undefined][]} */ ([
    ['Route', `${record.method} ${record.path ?? 'unknown path'}`],
    ['Handler', record.handler],
    ['Started', clock(record.startedAt)],
    ['Answer', `${record.status}${record.code ? `, ${record.tier} ${record.code}` : ''}`],
    ['Called off by', record.abortedBy],
    ['Body', `${bytes(record.bytesIn)} in, ${bytes(record.bytesOut)} out`],
    ['Retries', record.retries > 0 ? String(record.retries) : undefined],
    ['Shared result', record.cache],
    ['Worker thread', record.workerActiveMs === undefined ? undefined : duration(record.workerActiveMs)],
    ['First item', record.firstItemMs === undefined ? undefined : duration(record.firstItemMs)],
    ['Event-loop delay', `at most ${duration(record.maxEventLoopDelayMs)}`],
  ]);
  const shown = facts.filter(([, value]) => value !== undefined);
  const list = h('dl', { class: 'facts' }, ...shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value ?? ''))));
  return [list, waterfall(record)];
}

/**
 * What waited comes before what it waited for; waits are a part of `run`. What no stage accounts for is the reading of the body and the
 * sending of the answer.
 *
 * @param {RequestRecord} record
 */
function waterfall({ durationMs, stagesMs, waitedMs }) {
  const { preProcess = 0, run = 0, postProcess = 0 } = stagesMs;
  const waits = Object.entries(waitedMs);
  const known = preProcess + run + postProcess;
  const before = Math.max(0, durationMs - known) / 2;
  let waitedAt = before + preProcess;
  const bars = [
    { name: 'whole request', startMs: 0, ms: durationMs, kind: 'whole' },
    { name: 'preProcess', startMs: before, ms: preProcess, kind: 'stage' },
    { name: 'run', startMs: before + preProcess, ms: run, kind: 'stage' },
    ...waits.map(([place, ms]) => {
      const bar = { name: `waited: ${place}`, startMs: waitedAt, ms, kind: 'wait' };
      waitedAt += ms;
      return bar;
    }),
    { name: 'postProcess', startMs: before + preProcess + run, ms: postProcess, kind: 'stage' },
  ].filter(({ ms, kind }) => ms > 0 || kind === 'whole');
  const rows = bars.map(({ name, startMs, ms, kind }) => {
    const bar = h('span', { class: 'fall', 'data-kind': kind });
    bar.style.setProperty('--start', `${(100 * startMs) / Math.max(durationMs, 0.001)}%`);
    bar.style.setProperty('--width', `${Math.max(0.5, (100 * ms) / Math.max(durationMs, 0.001))}%`);
    const start = h('span', { class: 'unseen' }, `after ${duration(startMs)}`);
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'fall-cell' }, bar, start),
      h('td', { class: 'number' }, duration(ms)),
    );
  });
  const head = h('tr', { class: 'unseen' }, ...['Part', 'When', 'Duration'].map((text) => h('th', { scope: 'col' }, text)));
  return h('table', { class: 'waterfall' }, h('caption', {}, 'Where the time went'), h('thead', {}, head), h('tbody', {}, ...rows));
}

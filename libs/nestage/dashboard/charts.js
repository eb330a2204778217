import uPlot from './uPlot.js';
import { h, part, setFigure } from './dom.js';
import { clock, duration, percent } from './format.js';
import { section } from './section.js';
import { createTable } from './table.js';

/**
 * @typedef {import('./figures.js').History} History
 * @typedef {{ history: History, until: number }} Samples up to a time of the service's clock: the browser's may be wrong
 */

const HEIGHT = 96;
const SPAN_SECONDS = 15 * 60;
/** A young service has a short history: its curve fills the chart all the same. */
const LEAST_SPAN_SECONDS = 2 * 60;
const TABLE_ROWS = 15;

/** @type {readonly { name: 'cpu' | 'memory' | 'gpu' | 'eventLoopDelayMs', label: string, path: string, text: (value: number) => string, top: (most: number) => number }[]} */
const CHARTS = [
  { name: 'cpu', label: 'CPU', path: 'stats.resources.cpu', text: percent, top: () => 100 },
  { name: 'memory', label: 'Memory', path: 'stats.resources.memory', text: percent, top: () => 100 },
  { name: 'gpu', label: 'GPU', path: 'stats.resources.gpu', text: percent, top: () => 100 },
  {
    name: 'eventLoopDelayMs',
    label: 'Event-loop delay',
    path: 'stats.eventLoop.maxDelayMs',
    text: duration,
    top: (most) => Math.max(20, most * 1.2),
  },
];

/** Fifteen minutes of load, each curve with its figure now and a table of the same. */
export function createCharts() {
  const grid = h('div', { class: 'charts' }, ...CHARTS.map(frame));
  const { body, element: table } = createTable('Load of the last 15 minutes', ['Time', ...CHARTS.map(({ label }) => label)]);
  const asTable = h('details', { class: 'as-table', 'aria-label': 'Load as a table' }, h('summary', {}, 'Show as a table'), table);
  const element = section('load', 'Load', h('p', { class: 'note' }, 'The last 15 minutes'), grid, asTable);
  /** @type {Map<string, uPlot>} */
  const plots = new Map();
  /** @type {Samples | undefined} */
  let samples;
  const draw = () => {
    if (!samples || element.offsetParent === null) return;
    for (const chart of CHARTS) drawOne(part(grid, `${chart.name}Plot`), chart, { samples, plots });
  };
  new ResizeObserver(draw).observe(grid);
  return {
    element,
    /** @param {import('./figures.js').Figures} figures */
    show({ at, stats }) {
      const now = { ...stats.resources, eventLoopDelayMs: stats.eventLoop.maxDelayMs };
      for (const { name, path, text } of CHARTS) setFigure(part(grid, name), path, now[name], text(now[name]));
      const { history } = stats;
      const isNew = samples?.history.at.at(-1) !== history.at.at(-1);
      samples = { history, until: history.at.at(-1) ?? Date.parse(at) };
      part(grid, 'gpuChart').hidden = stats.resources.gpu === 0 && history.gpu.every((value) => value === 0);
      if (!isNew && plots.size > 0) return;
      fillTable(body, history);
      draw();
    },
    /** With the colours of the theme. */
    repaint() {
      for (const plot of plots.values()) plot.destroy();
      plots.clear();
      draw();
    },
  };
}

/** @param {{ name: string, label: string }} chart */
function frame({ name, label }) {
  return h(
    'figure',
    { class: 'card chart', 'data-part': `${name}Chart`, 'aria-label': label },
    h('figcaption', {}, h('span', { class: 'chart-label' }, label), h('span', { class: 'chart-now', 'data-part': name }, '–')),
    h('div', { class: 'plot', 'data-part': `${name}Plot`, role: 'img', 'aria-label': `Curve of ${label}` }),
  );
}

/** @param {HTMLElement} place @param {typeof CHARTS[number]} chart @param {{ samples: Samples, plots: Map<string, uPlot> }} of */
function drawOne(place, chart, { samples, plots }) {
  if (place.clientWidth === 0) return;
  const { history } = samples;
  const seconds = history.at.map((ms) => ms / 1000);
  place.setAttribute('aria-label', `Curve of ${chart.label}, ${rangeOf(history[chart.name], chart.text)}`);
  plots.get(chart.name)?.destroy();
  plots.set(chart.name, new uPlot(optionsOf(place, chart, samples), [seconds, history[chart.name]], place));
}

/** What a curve says in words. @param {number[]} values @param {(value: number) => string} text */
const rangeOf = (values, text) =>
  values.length === 0 ? 'no samples yet' : `from ${text(Math.min(...values))} to ${text(Math.max(...values))}`;

/** @param {HTMLElement} place @param {typeof CHARTS[number]} chart @param {Samples} samples @returns {uPlot.Options} */
function optionsOf(place, { name, top, text }, { history, until }) {
  const style = getComputedStyle(place);
  const colour = (/** @type {string} */ variable) => {
    place.style.color = `var(${variable})`; // what a colour of both themes comes to is told of a real property alone
    const { color } = style;
    place.style.removeProperty('color');
    return color;
  };
  const now = until / 1000;
  const span = Math.max(LEAST_SPAN_SECONDS, Math.min(SPAN_SECONDS, now - (history.at[0] ?? until) / 1000));
  const axis = { stroke: colour('--text-soft'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 4, 0, 0],
    scales: { x: { time: true, range: () => [now - span, now] }, y: { range: () => [0, top(Math.max(0, ...history[name]))] } },
    axes: [
      {
        ...axis,
        size: 20,
        space: 60,
        incrs: [60, 120, 300],
        grid: { show: false },
        values: (_plot, ticks) => ticks.map((at) => clock(at * 1000).slice(0, 5)),
      },
      { ...axis, size: 52, space: 32, grid: { stroke: colour('--line'), width: 1 }, values: (_plot, ticks) => ticks.map(text) },
    ],
    series: [{}, { stroke: colour('--accent'), width: 1.5, fill: colour('--accent-wash'), points: { show: history.at.length === 1 } }],
  };
}

/** One row a minute, the newest first. @param {HTMLElement} body @param {History} history */
function fillTable(body, history) {
  const step = Math.max(1, Math.ceil(history.at.length / TABLE_ROWS));
  const indices = history.at.map((_at, index) => history.at.length - 1 - index).filter((_index, row) => row % step === 0);
  const cells = indices.map((index) => [clock(history.at[index]), ...CHARTS.map(({ name, text }) => text(history[name][index]))]);
  const rows = cells.map((row) =>
    h('tr', {}, ...row.map((text, column) => (column === 0 ? h('th', { scope: 'row' }, text) : h('td', {}, text)))),
  );
  body.replaceChildren(...rows);
  if (rows.length === 0) body.append(h('tr', {}, h('td', { colspan: '5' }, 'The first sample comes within seconds')));
}

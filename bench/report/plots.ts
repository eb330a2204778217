import { barChart } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import type { ScenarioResult } from './result.types.js';
import { medianOf } from './table.js';

/** Draws a scenario from its result. */
type Plot = (result: ScenarioResult) => string;

const LOADS = [1, 2, 10];
const bars =
  (title: string, key: string): Plot =>
  (result) =>
    barChart(title, result, key);

const PLOTS: Readonly<Record<string, Plot>> = {
  echo: bars('Echo: requests per second, of node:http', 'ratio'),
  chat: bars('Chat request: requests per second, of node:http', 'ratio'),
  stream: bars('Server-sent events: tokens per second, of node:http', 'ratio'),
  batching: bars('Batching: share of what the model can do', 'share'),
  caching: bars('Coalescing and caching: requests per second, of node:http', 'ratio'),
  cores: bars('All cores: requests per second', 'perSecond'),
  start: bars('Cold start: milliseconds until ready', 'readyMs'),
  ocr: bars('Pictures read per second', 'perSecond'),
  overload: ({ rows }) =>
    lineChart({
      title: 'Overload: goodput, as a share of what the device can do',
      xLabel: 'requests, as multiples of that',
      xMarks: LOADS,
      yDigits: 2,
      series: rows.map((row) => ({ name: row.name, points: LOADS.map((load) => [load, medianOf(row, `good${load}`)] as const) })),
    }),
  soak: ({ rows }) => {
    const requests = rows.map((row) => medianOf(row, 'requests'));
    const series = (name: string, key: string) => ({
      name,
      points: rows.map((row, index) => [requests[index], medianOf(row, key)] as const),
    });
    return lineChart({
      title: 'Soak: memory after a full collection of garbage',
      xLabel: 'requests',
      xMarks: requests,
      yDigits: 0,
      series: [series('RSS MB', 'rssMb'), series('heap MB', 'heapMb')],
    });
  },
};

/** The picture of a scenario; `undefined` for one whose table says it all. */
export function plotOf(result: ScenarioResult): string | undefined {
  return PLOTS[result.id]?.(result);
}

import type { Row, TableResult } from './result.types.js';
import { bar, line, svg, text } from './svg.js';
import { figure, medianOf } from './table.js';

const WIDTH = 720;
const LABELS = 210;
const FIGURES = 70;
const TOP = 44;
const ROW = 28;
const BAR = 16;

/** One bar a row for the medians of a column, with a thin line from the least to the most of all rounds. */
export function barChart(title: string, { rows, columns }: TableResult, key: string): string {
  const digits = columns.find((column) => column.key === key)?.digits ?? 2;
  const most = Math.max(...rows.flatMap(({ samples }) => samples[key] ?? []));
  const scale = (WIDTH - LABELS - FIGURES - 16) / most;
  const elements = rows.flatMap((row, index) => rowOf(row, { y: TOP + index * ROW, key, digits, scale }));
  return svg(WIDTH, TOP + rows.length * ROW + 8, title, elements);
}

function rowOf(row: Row, { y, key, digits, scale }: { y: number; key: string; digits: number; scale: number }): string[] {
  const value = medianOf(row, key);
  const samples = row.samples[key] ?? [];
  const middle = y + BAR / 2;
  const [least, most] = [Math.min(...samples) * scale, Math.max(...samples) * scale];
  return [
    text(LABELS - 10, middle + 5, row.name, '', 'end'),
    bar(LABELS, y, value * scale, BAR, row.name.startsWith('nestage') ? 'ours' : 'theirs'),
    ...(samples.length > 1 ? [line(LABELS + least, middle, LABELS + most, middle, 'range')] : []),
    text(LABELS + Math.max(most, value * scale) + 8, middle + 5, figure(value, digits)),
  ];
}

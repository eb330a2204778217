import { median, spread } from '../harness/statistics.js';
import type { Column, Row, TableResult } from './result.types.js';

/** A row whose figures lie further apart than that is marked. */
export const MAX_SPREAD = 0.15;

/** A table's cells as text, the heads first. A row whose rounds differ much is marked with `~`. */
export function cellsOf({ columns, rows, judgedBy }: TableResult): string[][] {
  const heads = ['', ...columns.map(({ label }) => label), 'spread'];
  return [heads, ...rows.map((row) => [row.name, ...columns.map((column) => cell(row, column)), spreadText(row, judgedBy)])];
}

/** Median over the rounds that have the figure; NaN where none has. */
export function medianOf(row: Row | undefined, key: string): number {
  return median((row?.samples[key] ?? []).filter((sample) => !Number.isNaN(sample)));
}

/** For the terminal. */
export function plainTable(table: TableResult): string {
  const cells = cellsOf(table);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join('  '))
    .join('\n');
}

/** For the pages; to be brought into shape by the formatter. */
export function markdownTable(table: TableResult): string {
  const [heads, ...rows] = cellsOf(table);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(heads), line(heads.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** A figure with thin groups of three digits: `21 480`. */
export function figure(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '';
  const [whole, decimals] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

function cell(row: Row, { key, digits }: Column): string {
  return figure(medianOf(row, key), digits);
}

function spreadText(row: Row, judgedBy: string): string {
  const samples = row.samples[judgedBy] ?? [];
  if (samples.length < 2) return '';
  const share = spread(samples);
  if (!Number.isFinite(share)) return '';
  return `${share > MAX_SPREAD ? '~ ' : ''}${Math.round(share * 100)} %`;
}

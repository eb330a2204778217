import { dot, line, polyline, svg, text } from './svg.js';
import { figure } from './table.js';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  /** Where the x axis is marked; equally far apart whatever lies between. */
  readonly xMarks: readonly number[];
  readonly yDigits: number;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 300;
const PLOT = { left: 60, right: 520, top: 48, bottom: 250 };
/** About as many. */
const GRID_LINES = 4;

/** Lines over the marks of the x axis, from zero up; each is named at its end. */
export function lineChart({ title, xLabel, xMarks, yDigits, series }: LineChart): string {
  const most = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const step = niceStep(most / GRID_LINES);
  const top = Math.ceil(most / step) * step;
  const xOf = (x: number): number => PLOT.left + (xMarks.indexOf(x) / Math.max(1, xMarks.length - 1)) * (PLOT.right - PLOT.left);
  const yOf = (y: number): number => PLOT.bottom - (y / top) * (PLOT.bottom - PLOT.top);
  const grid = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => step * index).flatMap((y) => [
    line(PLOT.left, yOf(y), PLOT.right, yOf(y)),
    text(PLOT.left - 8, yOf(y) + 4, figure(y, yDigits), 'quiet', 'end'),
  ]);
  const ends = spreadOut(series.map(({ points }) => yOf(points[points.length - 1]?.[1] ?? 0)));
  return svg(WIDTH, HEIGHT, title, [
    ...grid,
    ...xMarks.map((x) => text(xOf(x), PLOT.bottom + 20, figure(x, 0), 'quiet', 'middle')),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, xLabel, 'quiet', 'middle'),
    ...series.map(({ points }, index) =>
      polyline(
        points.map(([x, y]) => [xOf(x), yOf(y)]),
        index,
      ),
    ),
    ...series.flatMap(({ name }, index) => [dot(PLOT.right + 18, ends[index], index), text(PLOT.right + 28, ends[index] + 4, name)]),
  ]);
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

/** Moves names down that would cover each other. */
function spreadOut(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a] - heights[b]);
  const places = [...heights];
  order.forEach((index, turn) => {
    if (turn > 0) places[index] = Math.max(places[index], places[order[turn - 1]] + 18);
  });
  return places;
}

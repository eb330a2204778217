import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { barChart } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import { markedNames, replaceMarked } from './marked-text.js';
import { readResult, writeResult } from './result-file.js';
import type { RunResult, ScenarioResult } from './result.types.js';
import { cellsOf, figure, markdownTable } from './table.js';
import { judgeTargets } from './targets.js';

const result: ScenarioResult = {
  id: 'echo',
  title: 'Echo',
  about: '',
  absent: [],
  judgedBy: 'ratio',
  columns: [{ key: 'ratio', label: 'x node:http', digits: 2 }],
  rows: [
    { name: 'node:http', samples: { ratio: [1, 1, 1] } },
    { name: 'nestage on Express', samples: { ratio: [0.5, 0.52, 0.51] } },
    { name: 'Nest on Express', samples: { ratio: [0.1, 0.2, 0.15] } },
  ],
};

describe('a table', () => {
  it('shows medians, and marks a row whose rounds lie more than 15 % apart', () => {
    expect(cellsOf(result)).toEqual([
      ['', 'x node:http', 'spread'],
      ['node:http', '1.00', '0 %'],
      ['nestage on Express', '0.51', '4 %'],
      ['Nest on Express', '0.15', '~ 67 %'],
    ]);
    expect(markdownTable(result).split('\n')).toHaveLength(5);
  });

  it('groups digits, and leaves a cell empty where nothing was measured', () => {
    expect([figure(21480.4, 0), figure(1234.5, 1), figure(NaN, 2)]).toEqual(['21 480', '1 234.5', '']);
  });
});

describe('a result file', () => {
  it('gives back what was kept; where nothing could be measured a table shows nothing, not 0', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestage-report-'));
    try {
      const rows = [{ name: 'nobody was answered', samples: { ratio: [NaN, NaN] } }];
      const run = { startedAt: '2026-01-02T03:04:05Z', scenarios: [{ ...result, rows }] } as unknown as RunResult;
      const file = writeResult(folder, run);
      expect([file, readResult(file)]).toEqual([join(folder, '2026-01-02-1.json'), run]);
      expect(cellsOf(readResult(file).scenarios[0])[1]).toEqual(['nobody was answered', '', '']);
      expect(writeResult(folder, run)).toBe(join(folder, '2026-01-02-2.json'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('targets', () => {
  it('are judged by medians, and left out where a row is missing', () => {
    expect(judgeTargets(result)).toEqual([
      { text: 'nestage on Express, of node:http', wanted: '≥ 0.5', measured: '0.51', isMet: true },
      { text: 'nestage on Express, of Nest on Express', wanted: '≥ 4', measured: '3.40', isMet: false },
    ]);
  });
});

describe('marked text', () => {
  it('takes the place of what stood between the marks, and of nothing else', () => {
    const page = 'a <!-- bench:x -->\nold\n<!-- /bench:x --> b <!-- bench:y --><!-- /bench:y -->';
    expect(replaceMarked(page, 'bench:x', 'new')).toBe(
      'a <!-- bench:x -->\n\nnew\n\n<!-- /bench:x --> b <!-- bench:y --><!-- /bench:y -->',
    );
    expect(markedNames(page, 'bench:')).toEqual(['bench:x', 'bench:y']);
    expect(() => replaceMarked(page, 'bench:z', '')).toThrow('no "<!-- bench:z -->"');
  });
});

describe('plots', () => {
  const widths = (svg: string): number[] => [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('have bars as long as the medians are high', () => {
    const [raw, ours, nest] = widths(barChart('Echo & more', result, 'ratio'));
    expect([ours / raw, nest / raw]).toEqual([expect.closeTo(0.51, 2), expect.closeTo(0.15, 2)]);
    expect(barChart('Echo & more', result, 'ratio')).toContain('<title>Echo &amp; more</title>');
  });

  it('have lines from zero up, with round figures at the axis', () => {
    const points = [1, 2, 10].map((x) => [x, x * 1.7] as const);
    const svg = lineChart({ title: 'T', xLabel: 'x', xMarks: [1, 2, 10], yDigits: 0, series: [{ name: 'a', points }] });
    const marks = [...svg.matchAll(/text-anchor="end">(\d+)</g)].map(([, mark]) => Number(mark));
    expect(marks).toEqual([0, 5, 10, 15, 20]);
    expect(svg.match(/<circle /g)).toHaveLength(4); // one beside the name
  });
});

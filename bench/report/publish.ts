import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { headlinesOf } from './headlines.js';
import { markedNames, replaceMarked } from './marked-text.js';
import { plotOf } from './plots.js';
import { readResult } from './result-file.js';
import type { RunResult, ScenarioResult } from './result.types.js';
import { rewrite } from './rewrite.js';
import { publishScaling } from './publish-scaling.js';
import { markdownTable } from './table.js';
import { judgeTargets } from './targets.js';

const PAGE = 'docs/performance.md';
const IMAGES = 'docs/images';

/**
 * Writes a run into docs/performance.md, docs/scaling.md and README.md, between their marks, and draws its plots.
 * @throws Error for a run that is quick or lacks scenarios
 */
export async function publish(root: string, file: string, name: string): Promise<void> {
  const run = readResult(file);
  if (!run.isWhole) throw new Error(`${name} is not published: it is a quick run, or lacks scenarios.`);
  mkdirSync(join(root, IMAGES), { recursive: true });
  for (const result of run.scenarios) {
    const plot = plotOf(result);
    if (plot !== undefined) writeFileSync(join(root, IMAGES, `${imageOf(result)}`), plot);
  }
  await rewrite(join(root, PAGE), (page) => {
    const filled = run.scenarios
      .filter(({ id }) => markedNames(page, 'bench:').includes(`bench:${id}`))
      .reduce((text, result) => replaceMarked(text, `bench:${result.id}`, scenarioMarkdown(result)), page);
    return replaceMarked(filled, 'bench:run', runMarkdown(run, name, runsLike(run, join(root, 'bench/results'))));
  });
  await publishScaling(root, run);
  await rewrite(join(root, 'README.md'), (page) => replaceMarked(page, 'bench', readmeMarkdown(run)));
}

const imageOf = ({ id }: ScenarioResult): string => `bench-${id}.svg`;

function scenarioMarkdown(result: ScenarioResult): string {
  const targets = judgeTargets(result).map(
    ({ text, wanted, measured, isMet }) => `| ${text} | ${wanted} | ${measured} | ${isMet ? 'met' : '**not met**'} |`,
  );
  const parts = [
    result.about,
    ...(plotOf(result) === undefined ? [] : [`![${result.title}](images/${imageOf(result)})`]),
    markdownTable(result),
    ...(targets.length > 0 ? [['| target | wanted | measured | |', '| --- | --: | --: | --- |', ...targets].join('\n')] : []),
    ...(result.absent.length > 0 ? [`Not measured: ${result.absent.join('; ')}.`] : []),
  ];
  return parts.join('\n\n');
}

function runMarkdown(run: RunResult, name: string, runs: readonly RunResult[]): string {
  const { cpu, cores, memoryGiB, system, node } = run.machine;
  const noise = Object.entries(run.noise).map(([id, share]) => `${Math.round(share * 100)} % in "${id}"`);
  const parts = [
    `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node.slice(1)}, commit ` +
      `${run.commit}, \`${run.command}\`, rounds: ${run.rounds} of ${run.windowMs / 1000} s, ${run.tookSeconds} s in all; raw figures in \`${name}\`.` +
      (noise.length > 0 ? ` Spread of node:http itself over the rounds: ${noise.join(', ')}.` : ''),
  ];
  if (runs.length > 1) {
    const heads = ['', ...runs.map(({ startedAt }) => startedAt.slice(11, 16))];
    const rows = headlinesOf(run).map(({ text }) => [
      text,
      ...runs.map((each) => headlinesOf(each).find((line) => line.text === text)?.value ?? ''),
    ]);
    const table = [heads, heads.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`);
    parts.push(`The same in ${runs.length} runs of that commit:`, table.join('\n'));
  }
  return parts.join('\n\n');
}

function readmeMarkdown(run: RunResult): string {
  const { cpu, cores } = run.machine;
  const lines = headlinesOf(run).map(({ text, value }) => `- ${text}: ${value}`);
  const origin = `${run.startedAt.slice(0, 10)}, ${cpu}, ${cores} cores, \`${run.command}\`; all else in [Performance](docs/performance.md).`;
  return [lines.join('\n'), origin].join('\n\n');
}

/** Whole runs of the same commit, in the order they were made. */
function runsLike({ commit }: RunResult, folder: string): RunResult[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files
    .map((file) => readResult(join(folder, file)))
    .filter((each) => each.commit === commit && each.isWhole)
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
}

import type { BenchCommand } from './command-line.js';
import type { Bench } from './harness/bench.js';
import { LoadGenerator } from './harness/load-generator.js';
import { describeCommit, describeMachine, loadAverage } from './harness/machine.js';
import { spread } from './harness/statistics.js';
import type { RunResult, ScenarioResult } from './report/result.types.js';
import { scenarioText } from './report/terminal.js';
import { SCENARIOS } from './scenarios/index.js';
import { RAW } from './scenarios/scenario.js';

const PACE = { windowMs: 1500, warmUpMs: 4000, rounds: 5 };
const QUICK_PACE = { windowMs: 300, warmUpMs: 300, rounds: 1 };

/** Runs the scenarios one after the other and shows each when it is done. One that fails is said so, and the others go on. */
export async function measureAll(root: string, command: BenchCommand, print: (text: string) => void): Promise<RunResult> {
  const { isQuick, only, rounds } = command;
  const generator = new LoadGenerator();
  const tell = (text: string): void => void process.stderr.write(`  ${text}\n`);
  const bench: Bench = { root, generator, isQuick, tell, ...(isQuick ? QUICK_PACE : PACE), ...(rounds === undefined ? {} : { rounds }) };
  const startedAt = new Date();
  const loadBefore = loadAverage();
  const results: ScenarioResult[] = [];
  const failed: string[] = [];
  for (const { id, title, run } of SCENARIOS.filter((scenario) => only.length === 0 || only.includes(scenario.id))) {
    tell(title);
    try {
      const result = { id, title, ...(await run(bench)) };
      results.push(result);
      print(scenarioText(result));
    } catch (error) {
      failed.push(id);
      process.stderr.write(`${title} failed: ${String(error)}\n`);
    }
  }
  await generator.stop();
  return {
    version: 1,
    startedAt: startedAt.toISOString(),
    tookSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    command: command.text,
    ...describeCommit(root),
    machine: describeMachine(),
    isWhole: !isQuick && results.length === SCENARIOS.length,
    rounds: bench.rounds,
    windowMs: bench.windowMs,
    loadAverage: [loadBefore, loadAverage()],
    noise: noiseOf(results),
    failed,
    scenarios: results,
  };
}

/** Spread of the raw server's own figures, by scenario. */
function noiseOf(results: readonly ScenarioResult[]): Record<string, number> {
  const raw = results.map(({ id, rows }) => [id, rows.find(({ name }) => name === RAW)?.samples['perSecond'] ?? []] as const);
  return Object.fromEntries(raw.filter(([, samples]) => samples.length > 1).map(([id, samples]) => [id, spread(samples)]));
}

import { join, relative, resolve } from 'node:path';
import { helpText, readCommand, type BenchCommand } from './command-line.js';
import type { Bench } from './harness/bench.js';
import { LoadGenerator } from './harness/load-generator.js';
import { describeCommit, describeMachine, loadAverage } from './harness/machine.js';
import { spread } from './harness/statistics.js';
import { publish } from './report/publish.js';
import { writeResult } from './report/result-file.js';
import type { RunResult, ScenarioResult } from './report/result.types.js';
import { runText, scenarioText } from './report/terminal.js';
import { SCENARIOS } from './scenarios/index.js';
import { RAW, type Scenario } from './scenarios/scenario.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (text: string): void => void process.stderr.write(`  ${text}\n`);

/**
 * Does what the command line says.
 * @param root the repository
 * @returns the exit code
 */
export async function run(root: string, args: readonly string[]): Promise<number> {
  let command: BenchCommand;
  try {
    command = readCommand(
      args,
      SCENARIOS.map(({ id }) => id),
    );
  } catch (error) {
    process.stderr.write(`${(error as Error).message} See --help.\n`);
    return 2;
  }
  if (command.isHelp) {
    print(helpText(SCENARIOS));
    return 0;
  }
  let file = command.from;
  for (let number = 0; command.from === undefined && number < command.runs; number++) file = await runOnce(root, command, args);
  if (command.isPublishing && file !== undefined) await publish(root, file, relative(root, resolve(file)));
  return 0;
}

async function runOnce(root: string, command: BenchCommand, args: readonly string[]): Promise<string> {
  const scenarios = SCENARIOS.filter(({ id }) => command.only.length === 0 || command.only.includes(id));
  const generator = new LoadGenerator();
  const pace = command.isQuick ? { windowMs: 300, warmUpMs: 300 } : { windowMs: 1500, warmUpMs: 2000 };
  const bench: Bench = { root, generator, rounds: command.rounds ?? (command.isQuick ? 1 : 5), isQuick: command.isQuick, tell, ...pace };
  const startedAt = new Date();
  const loadBefore = loadAverage();
  const results: ScenarioResult[] = [];
  try {
    for (const scenario of scenarios) results.push(await runScenario(scenario, bench));
  } finally {
    await generator.stop();
  }
  const result: RunResult = {
    version: 1,
    startedAt: startedAt.toISOString(),
    tookSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    ...describeCommit(root),
    machine: describeMachine(),
    rounds: bench.rounds,
    windowMs: bench.windowMs,
    loadAverage: [loadBefore, loadAverage()],
    noise: noiseOf(results),
    scenarios: results,
  };
  const file = writeResult(command.folder ?? join(root, 'bench/results'), result);
  print(runText(result));
  print(`kept in ${file}`);
  return file;
}

async function runScenario({ id, title, run }: Scenario, bench: Bench): Promise<ScenarioResult> {
  tell(title);
  const result = { id, title, ...(await run(bench)) };
  print(scenarioText(result));
  return result;
}

function noiseOf(results: readonly ScenarioResult[]): Record<string, number> {
  const raw = results.map(({ id, rows }) => [id, rows.find(({ name }) => name === RAW)?.samples['perSecond'] ?? []] as const);
  return Object.fromEntries(raw.filter(([, samples]) => samples.length > 1).map(([id, samples]) => [id, spread(samples)]));
}

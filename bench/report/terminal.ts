import type { RunResult, ScenarioResult } from './result.types.js';
import { plainTable } from './table.js';
import { judgeTargets } from './targets.js';

/** A scenario as the terminal shows it. */
export function scenarioText(result: ScenarioResult): string {
  const targets = judgeTargets(result).map(
    ({ text, wanted, measured, isMet }) => `  ${isMet ? 'met    ' : 'NOT met'}  ${text}: ${measured} (${wanted})`,
  );
  const absent = result.absent.map((text) => `  not measured: ${text}`);
  return ['', result.title, plainTable(result), ...targets, ...absent, ''].join('\n');
}

/** Where and how a run was made, and how noisy it was. */
export function runText(run: RunResult): string {
  const { cpu, cores, memoryGiB, system, node } = run.machine;
  const noise = Object.entries(run.noise).map(([id, share]) => `${id} ${Math.round(share * 100)} %`);
  return [
    `${run.startedAt}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, node ${node}, commit ${run.commit}${run.isModified ? ' + changes' : ''}`,
    `rounds: ${run.rounds} of ${run.windowMs} ms, load average ${run.loadAverage.map((load) => load.toFixed(2)).join(' before, ')} after`,
    noise.length > 0 ? `spread of node:http over the rounds: ${noise.join(', ')}; "~" marks rows whose spread is over 15 %` : '',
    '',
  ].join('\n');
}

import type { Bench } from '../harness/bench.js';
import type { ScenarioResult } from '../report/result.types.js';

export interface Scenario {
  /** As `--only` names it. */
  readonly id: string;
  readonly title: string;
  /** Begins what it needs, measures and ends it. */
  readonly run: (bench: Bench) => Promise<Omit<ScenarioResult, 'id' | 'title'>>;
}

/** The unit of all ratios. */
export const RAW = 'node:http';

/** A column of a scenario's table: the medians of what the rows have under its key. */
export interface Column {
  readonly key: string;
  readonly label: string;
  /** Decimals. */
  readonly digits: number;
}

/** One line of the table. */
export interface Row {
  readonly name: string;
  /** What was measured, a figure a round; NaN where there was nothing to measure, such as the latency where nobody got an answer. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export interface TableResult {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Column whose spread over the rounds tells how sure a row is. */
  readonly judgedBy: string;
}

export interface ScenarioResult extends TableResult {
  readonly id: string;
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly about: string;
  /** Who was not measured, and why. */
  readonly absent: readonly string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

/** One run, as it is kept in bench/results. */
export interface RunResult {
  readonly version: 1;
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly command: string;
  readonly commit: string;
  /** Whether files differed from that commit. */
  readonly isModified: boolean;
  readonly machine: Machine;
  /** Whether all scenarios were measured, and not in a hurry: only such a run is published. */
  readonly isWhole: boolean;
  readonly rounds: number;
  readonly windowMs: number;
  /** Load averages of a minute, before and after. */
  readonly loadAverage: readonly [number, number];
  /** Spread of the raw node:http figures over the rounds, by scenario. */
  readonly noise: Readonly<Record<string, number>>;
  /** Ids of scenarios that could not be measured. */
  readonly failed: readonly string[];
  readonly scenarios: readonly ScenarioResult[];
}

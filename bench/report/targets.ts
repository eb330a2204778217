import type { ScenarioResult } from './result.types.js';
import { figure, medianOf } from './table.js';

/** A figure that we want to reach. */
interface Target {
  readonly scenario: string;
  readonly text: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** NaN when what it needs was not measured. */
  readonly value: (median: (row: string, key: string) => number) => number;
}

/** A target with what was measured. */
export interface JudgedTarget {
  readonly text: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const EXPRESS = 'nestage on Express';
const FASTIFY = 'nestage on Fastify';

const TARGETS: readonly Target[] = [
  { scenario: 'echo', text: 'nestage on Express, of node:http', atLeast: 0.5, value: (of) => of(EXPRESS, 'ratio') },
  { scenario: 'echo', text: 'nestage on Fastify, of node:http', atLeast: 0.45, value: (of) => of(FASTIFY, 'ratio') },
  {
    scenario: 'echo',
    text: 'nestage on Express, of Nest on Express',
    atLeast: 4,
    value: (of) => of(EXPRESS, 'ratio') / of('Nest on Express', 'ratio'),
  },
  {
    scenario: 'echo',
    text: 'nestage on Fastify, of Nest on Fastify',
    atLeast: 1.1,
    value: (of) => of(FASTIFY, 'ratio') / of('Nest on Fastify', 'ratio'),
  },
  { scenario: 'echo', text: 'nestage on Express, of FastAPI', atLeast: 2.2, value: (of) => of(EXPRESS, 'ratio') / of('FastAPI', 'ratio') },
  { scenario: 'echo', text: 'nestage on Express, of LitServe', atLeast: 16, value: (of) => of(EXPRESS, 'ratio') / of('LitServe', 'ratio') },
  { scenario: 'stream', text: 'tokens/s on Express, of node:http', atLeast: 0.85, value: (of) => of(EXPRESS, 'ratio') },
  { scenario: 'stream', text: 'tokens/s on Fastify, of node:http', atLeast: 0.9, value: (of) => of(FASTIFY, 'ratio') },
  {
    scenario: 'stream',
    text: 'first token p99 on Express, of node:http',
    atMost: 1.5,
    value: (of) => of(EXPRESS, 'firstP99') / of('node:http', 'firstP99'),
  },
  {
    scenario: 'stream',
    text: 'first token p99 on Fastify, of node:http',
    atMost: 1.5,
    value: (of) => of(FASTIFY, 'firstP99') / of('node:http', 'firstP99'),
  },
  { scenario: 'batching', text: 'batching on Express, of what the model can do', atLeast: 0.95, value: (of) => of(EXPRESS, 'share') },
  { scenario: 'batching', text: 'batching on Fastify, of what the model can do', atLeast: 0.95, value: (of) => of(FASTIFY, 'share') },
];

/** The targets of a scenario; those that miss a row are left out. */
export function judgeTargets({ id, rows }: ScenarioResult): JudgedTarget[] {
  const of = (name: string, key: string): number =>
    medianOf(
      rows.find((row) => row.name === name),
      key,
    );
  return TARGETS.filter(({ scenario }) => scenario === id)
    .map(({ text, atLeast = -Infinity, atMost = Infinity, value }) => {
      const measured = value(of);
      const wanted = atMost < Infinity ? `≤ ${atMost}` : `≥ ${atLeast}`;
      return { text, wanted, value: measured, measured: figure(measured, 2), isMet: measured >= atLeast && measured <= atMost };
    })
    .filter((target) => !Number.isNaN(target.value))
    .map(({ text, wanted, measured, isMet }) => ({ text, wanted, measured, isMet }));
}

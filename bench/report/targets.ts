import type { ScenarioResult } from './result.types.js';
import { figure, medianOf } from './table.js';

const ADAPTERS = ['Express', 'Fastify'] as const;

type Bounds = Readonly<Partial<Record<(typeof ADAPTERS)[number], number>>>;

/** A figure of nestage that we want to reach, on each adapter that has a bound. `%` stands for the adapter's name. */
interface Target {
  readonly scenario: string;
  readonly text: string;
  /** Which column is judged. */
  readonly key: string;
  /** Row whose figure is the unit. @default the figure stands for itself */
  readonly of?: string;
  readonly atLeast?: Bounds;
  readonly atMost?: Bounds;
}

/** A target with what was measured. */
export interface JudgedTarget {
  readonly text: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const TARGETS: readonly Target[] = [
  { scenario: 'echo', text: 'nestage on %, of node:http', key: 'ratio', atLeast: { Express: 0.5, Fastify: 0.45 } },
  { scenario: 'echo', text: 'nestage on %, of Nest on %', key: 'ratio', of: 'Nest on %', atLeast: { Express: 4, Fastify: 1.1 } },
  { scenario: 'echo', text: 'nestage on %, of FastAPI', key: 'ratio', of: 'FastAPI', atLeast: { Express: 2.2 } },
  { scenario: 'echo', text: 'nestage on %, of LitServe', key: 'ratio', of: 'LitServe', atLeast: { Express: 16 } },
  { scenario: 'stream', text: 'tokens/s on %, of node:http', key: 'ratio', atLeast: { Express: 0.85, Fastify: 0.9 } },
  {
    scenario: 'stream',
    text: 'first token p99 on %, of node:http',
    key: 'firstP99',
    of: 'node:http',
    atMost: { Express: 1.5, Fastify: 1.5 },
  },
  { scenario: 'batching', text: 'batching on %, of what the model can do', key: 'share', atLeast: { Express: 0.95, Fastify: 0.95 } },
];

/** The targets of a scenario; those that miss a row are left out. */
export function judgeTargets({ id, rows }: ScenarioResult): JudgedTarget[] {
  return TARGETS.filter(({ scenario }) => scenario === id).flatMap(({ text, key, of, atLeast, atMost }) =>
    ADAPTERS.flatMap((adapter) => {
      const named = (words: string): string => words.replaceAll('%', adapter);
      const figureOf = (name: string): number =>
        medianOf(
          rows.find((row) => row.name === named(name)),
          key,
        );
      const [least, most] = [atLeast?.[adapter], atMost?.[adapter]];
      const measured = figureOf('nestage on %') / (of === undefined ? 1 : figureOf(of));
      if ((least ?? most) === undefined || Number.isNaN(measured)) return [];
      const isMet = measured >= (least ?? -Infinity) && measured <= (most ?? Infinity);
      return { text: named(text), wanted: most === undefined ? `≥ ${least}` : `≤ ${most}`, measured: figure(measured, 2), isMet };
    }),
  );
}

import type { RunResult } from './result.types.js';
import { figure, medianOf } from './table.js';

/** A figure that the README quotes and that runs are compared by. */
export interface Headline {
  readonly text: string;
  readonly value: string;
}

type Read = (row: string, key: string) => number;

interface HeadlineSpec {
  readonly scenario: string;
  readonly text: string;
  /** `undefined` when a row is missing. */
  readonly value: (of: Read) => readonly [value: number, digits: number, peer?: string, peerValue?: number];
}

const against =
  (row: string, peer: string, key: string, digits = 2): HeadlineSpec['value'] =>
  (of) => [of(row, key), digits, peer, of(peer, key)];

const SPECS: readonly HeadlineSpec[] = [
  { scenario: 'echo', text: 'Echo on Express, of node:http', value: against('nestage on Express', 'Nest on Express', 'ratio') },
  { scenario: 'echo', text: 'Echo on Fastify, of node:http', value: against('nestage on Fastify', 'Nest on Fastify', 'ratio') },
  {
    scenario: 'stream',
    text: 'Tokens streamed on Express, of node:http',
    value: against('nestage on Express', 'Nest on Express', 'ratio'),
  },
  { scenario: 'batching', text: 'Batching, of what the model can do', value: against('nestage on Express', 'without batching', 'share') },
  { scenario: 'overload', text: 'Goodput at 10 x the capacity', value: against('nestage on Express', 'Nest on Express', 'good10') },
];

/** What of a run can be said in a few lines. */
export function headlinesOf({ scenarios }: RunResult): Headline[] {
  return SPECS.flatMap(({ scenario, text, value }) => {
    const rows = scenarios.find(({ id }) => id === scenario)?.rows ?? [];
    const [own, digits, peer, peerValue = NaN] = value((name, key) =>
      medianOf(
        rows.find((row) => row.name === name),
        key,
      ),
    );
    if (Number.isNaN(own)) return [];
    return { text, value: figure(own, digits) + (Number.isNaN(peerValue) ? '' : ` (${peer}: ${figure(peerValue, digits)})`) };
  });
}

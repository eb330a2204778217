import { parseArgs } from 'node:util';

/** What `npm run bench -- ...` was asked for. */
export interface BenchCommand {
  /** The command as it was typed. */
  readonly text: string;
  readonly only: readonly string[];
  readonly rounds: number | undefined;
  readonly runs: number;
  readonly isQuick: boolean;
  readonly isPublishing: boolean;
  /** Publishes that result in place of a new run. */
  readonly from: string | undefined;
  /** Where results go; bench/results when undefined. */
  readonly folder: string | undefined;
  readonly isHelp: boolean;
}

/** @throws Error that names the option and what it takes */
export function readCommand(args: readonly string[], ids: readonly string[]): BenchCommand {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      from: { type: 'string' },
      results: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const only = values.only.flatMap((text) => text.split(','));
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`"--only" takes ${ids.join(', ')}, got "${unknown.join(',')}".`);
  if (values.publish && (values.quick || only.length > 0)) {
    throw new Error('"--publish" takes whole runs: leave "--quick" and "--only" away.');
  }
  return {
    text: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    only,
    rounds: count('--rounds', values.rounds),
    runs: count('--runs', values.runs) ?? 1,
    isQuick: values.quick,
    isPublishing: values.publish || values.from !== undefined,
    from: values.from,
    folder: values.results,
    isHelp: values.help,
  };
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 20) throw new Error(`"${name}" must be an integer from 1 to 20, got "${text}".`);
  return value;
}

/** The text of `--help`. */
export function helpText(scenarios: readonly { readonly id: string; readonly title: string }[]): string {
  const list = scenarios.map(({ id, title }) => `    ${id.padEnd(10)} ${title}`).join('\n');
  return `npm run bench -- [options]

Measures nestage and others on loopback, prints tables and keeps the figures of each round in bench/results.

  --only <ids>     only these scenarios, separated by commas
  --rounds <n>     how often all candidates are measured in turn (5; the slow scenarios take fewer)
  --runs <n>       whole runs, one after the other, each with its own result (1)
  --quick          very short measurements: shows that everything works, the figures mean little
  --publish        writes the (last) run's tables and plots into docs/performance.md, docs/images and README.md
  --from <file>    publishes that result and measures nothing
  --results <dir>  where results go (bench/results)
  --help           this text

  scenarios:
${list}
`;
}

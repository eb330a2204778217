import { join, relative, resolve } from 'node:path';
import { type BenchCommand, helpText, readCommand } from './command-line.js';
import { measureAll } from './measure-all.js';
import { publish } from './report/publish.js';
import { writeResult } from './report/result-file.js';
import { runText } from './report/terminal.js';
import { SCENARIOS } from './scenarios/index.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * Does what the command line says.
 * @param root the repository
 * @returns the exit code: 1 when a scenario failed, 2 for a command that can't be meant
 */
export async function run(root: string, args: readonly string[]): Promise<number> {
  let command: BenchCommand;
  try {
    const ids = SCENARIOS.map(({ id }) => id);
    command = readCommand(args, ids);
  } catch (error) {
    process.stderr.write(`${(error as Error).message} See --help.\n`);
    return 2;
  }
  if (command.isHelp) {
    print(helpText(SCENARIOS));
    return 0;
  }
  let file = command.from;
  let failures = 0;
  for (let number = 0; command.from === undefined && number < command.runs; number++) {
    const result = await measureAll(root, command, print);
    file = writeResult(command.folder ?? join(root, 'bench/results'), result);
    failures += result.failed.length;
    print(runText(result));
    print(`kept in ${file}`);
  }
  if (command.isPublishing && file !== undefined) await publish(root, file, relative(root, resolve(file)));
  return failures > 0 ? 1 : 0;
}

#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installedSpec } from './app/installed-spec.js';
import { CommandError, newApp } from './app/new-app.js';

const HELP = `Usage: nestage new <folder> [options]

Writes an app with one handler and installs its packages.

Options:
  --skip-install      write the files only
  --nestage <spec>    which nestage the app asks for, such as ^0.1.0 or file:../nestage.tgz (default: the one that runs)
  -v, --version       print the version
  -h, --help          print this

In an app, handlers are added by: npx nest g -c nestage stage-handler <name>
`;

/** What the words on the command line ask for. Sets the exit code to 1 and says why when they make no sense. */
function main(words: readonly string[]): void {
  const home = fileURLToPath(new URL('../..', import.meta.url));
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    const { values, positionals } = parse(words);
    if (values.version) return print(version);
    if (values.help || words.length === 0) return print(HELP);
    const [command, folder, ...rest] = positionals;
    if (command !== 'new') throw new CommandError(`There is no command "${command}".`);
    if (folder === undefined || rest.length > 0) throw new CommandError('Name one folder: nestage new <folder>.');
    newApp({ folder, nestage: values.nestage ?? installedSpec(home, version), isInstalled: !values['skip-install'], tell: print });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`${error.message}\nSee: nestage --help\n`);
    process.exitCode = 1;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'skip-install': { type: 'boolean' },
        nestage: { type: 'string' },
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

main(process.argv.slice(2));

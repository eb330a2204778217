// Makes a release ready and stops before publishing: `npm run release`. Checks that the tree is clean, that CHANGELOG.md tells of the version
// and that it has no tag yet; verifies everything; asks for known faults of what it depends on; packs; checks the tarball. What is left to a person is printed at the end.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from './pack.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, ...words) => execFileSync(command, words, { cwd: root, stdio: 'inherit' });
const read = (command, ...words) => execFileSync(command, words, { cwd: root, encoding: 'utf8' }).trim();

function main() {
  const { version } = JSON.parse(readFileSync(join(root, 'libs/nestage/package.json'), 'utf8'));
  const faults = findFaults(version);
  if (faults.length > 0) return fail(faults);
  run('npm', 'run', 'verify');
  run('npm', 'audit', '--omit=dev');
  const tarball = pack(join(root, 'dist/release'));
  run('npx', 'publint', 'run', tarball, '--strict');
  run('npx', 'attw', tarball, '--profile', 'esm-only');
  process.stdout.write(`
nestage ${version} is ready in ${tarball}. It is not published; that is done by:

  git tag -a v${version} -m "nestage ${version}" && git push origin v${version}
  npm publish ${tarball} --access public
`);
}

/** What stands in the way of a release, one sentence each. */
function findFaults(version) {
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  return [
    read('git', 'status', '--porcelain') !== '' && 'The working tree has changes that are not committed: commit them first.',
    read('git', 'tag', '--list', `v${version}`) !== '' && `There is a tag v${version}: raise the version in libs/nestage/package.json.`,
    !changelog.includes(`\n## ${version}\n`) && `CHANGELOG.md has no heading "## ${version}": move what is unreleased below one.`,
  ].filter((fault) => fault !== false);
}

function fail(faults) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exitCode = 1;
}

main();

// Run by `npm test` before jest: makes sure that what the tests need beyond npm is on this machine. As root it installs what is missing from Debian's
// packages; otherwise it says what to install and fails.
import { execFileSync } from 'node:child_process';

/**
 * Something the tests need that npm does not bring.
 *
 * @typedef {object} Requirement
 * @property {string} name what it is, for people
 * @property {() => boolean} isPresent whether it is there; must be cheap, it runs before each test run
 * @property {readonly string[]} debianPackages what brings it
 */

/** @type {readonly Requirement[]} */
const requirements = [
  {
    name: 'fonts for English and Chinese pages',
    isPresent: () => {
      const families = output('fc-list', [':', 'family']);
      return ['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'WenQuanYi Zen Hei'].every((family) => families.includes(family));
    },
    debianPackages: ['fontconfig', 'fonts-dejavu-core', 'fonts-wqy-zenhei'],
  },
  {
    name: 'Prometheus and promtool',
    isPresent: () => output('prometheus', ['--version']).includes('version') && output('promtool', ['--version']).includes('version'),
    debianPackages: ['prometheus'],
  },
  {
    name: 'a Redis server',
    isPresent: () => output('redis-server', ['--version']).includes('v='),
    debianPackages: ['redis-server'],
  },
  {
    name: 'Chromium',
    isPresent: () => output('sh', ['-c', 'command -v chromium']).length > 0,
    debianPackages: ['chromium'],
  },
  {
    name: 'systemd-analyze',
    isPresent: () => output('systemd-analyze', ['--version']).includes('systemd'),
    debianPackages: ['systemd'],
  },
  {
    name: 'libfaketime',
    isPresent: () => output('sh', ['-c', 'command -v faketime']).length > 0,
    debianPackages: ['faketime'],
  },
];

const missing = requirements.filter(({ isPresent }) => !isPresent());
if (missing.length > 0) {
  install(missing.flatMap(({ debianPackages }) => debianPackages));
  const stillMissing = missing.filter(({ isPresent }) => !isPresent());
  if (stillMissing.length > 0) fail(stillMissing);
}

/** Does nothing when not root or without apt-get: the second look at the requirements then reports what is missing. */
function install(packages) {
  if (process.getuid?.() !== 0) return;
  const arguments_ = ['install', '--yes', '--quiet=2', '--no-install-recommends', ...packages];
  // The lists of packages may be absent or old, as in a fresh container.
  if (!aptGet(arguments_)) {
    aptGet(['update', '--quiet=2']);
    aptGet(arguments_);
  }
}

function aptGet(arguments_) {
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', arguments_, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
    return true;
  } catch {
    return false; // whether it mattered is seen by the second look
  }
}

function fail(requirements_) {
  const packages = requirements_.flatMap(({ debianPackages }) => debianPackages).join(' ');
  const names = requirements_.map(({ name }) => name).join(', ');
  process.stderr.write(`The tests need ${names}. Install with: apt-get install ${packages}\n`);
  process.exitCode = 1;
}

/** What a command prints; nothing when it is not installed. */
function output(command, arguments_) {
  try {
    return execFileSync(command, arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return ''; // not installed
  }
}

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../bench/report/result.types.js';

const root = join(import.meta.dirname, '../..');
const bench = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ['bench/run.mjs', ...args], { cwd: root, encoding: 'utf8' });

jest.setTimeout(300_000);

describe('npm run bench', () => {
  it('measures real servers, prints a table with targets and keeps the figures of each round', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-results-'));
    try {
      const { status, stdout, stderr } = bench('--quick', '--only', 'echo', '--rounds', '2', '--results', folder);
      expect([status, stderr.match(/failed.*/s)?.[0]]).toEqual([0, undefined]);
      expect(stdout).toMatch(/^nestage on Express +[\d.]+/m);
      expect(stdout).toMatch(/met +nestage on Express, of node:http: [\d.]+ \(≥ 0.5\)/);
      const [file] = readdirSync(folder);
      expect(file).toMatch(/^\d{4}-\d{2}-\d{2}-1\.json$/);
      const run = JSON.parse(readFileSync(join(folder, file), 'utf8')) as RunResult;
      expect(run).toMatchObject({ version: 1, isWhole: false, rounds: 2, machine: { node: process.version }, scenarios: [{ id: 'echo' }] });
      expect(run.command).toContain('npm run bench -- --quick --only echo');
      const rows = run.scenarios[0].rows;
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'node:http',
          'Fastify',
          'Express',
          'Nest on Express',
          'Nest on Fastify',
          'nestage on Express',
          'nestage on Fastify',
        ]),
      );
      for (const { name, samples } of rows) {
        for (const key of ['ratio', 'perSecond', 'cpuUs', 'p50', 'p99', 'rssMb']) {
          expect([name, key, samples[key]]).toEqual([name, key, [expect.any(Number), expect.any(Number)]]);
          // CPU is told in ticks of 10 ms: a server that has hardly a turn on a busy machine may show none in so short a window
          if (key !== 'cpuUs') expect(Math.min(...samples[key])).toBeGreaterThan(0);
        }
      }
      expect(Math.max(...rows.flatMap(({ samples }) => samples['cpuUs']))).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadGenerator } from './load-generator.js';
import { usageOf } from './process-usage.js';
import { columnsOf, inRounds } from './rounds.js';
import { median, percentile, spread } from './statistics.js';

describe('statistics', () => {
  it('are those of the textbook', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, NaN]);
    expect([percentile([1, 2, 3, 4], 0.5), percentile([1, 2, 3, 4], 1), percentile([], 0.5)]).toEqual([3, 4, NaN]);
    expect(spread([9, 10, 12])).toBeCloseTo(0.3);
  });
});

describe('rounds', () => {
  it('measure each candidate once a round, each round beginning with another', async () => {
    const order: string[] = [];
    const measured = await inRounds(['a', 'b', 'c'], 3, async (name, round) => {
      order.push(`${name}${round}`);
      return { round };
    });
    expect(order).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'c2', 'a2', 'b2']);
    expect([...measured.values()].map(columnsOf)).toEqual(Array(3).fill({ round: [0, 1, 2] }));
  });
});

describe('the load generator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestage-harness-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const job = { kind: 'closed', port: 1, requests: [], durationMs: 1, clients: 1 } as const;

  function generatorOf(program: string): LoadGenerator {
    const file = join(folder, 'generator.mjs');
    writeFileSync(file, program);
    return new LoadGenerator(file);
  }

  it('hands on that nothing could be measured', async () => {
    const generator = generatorOf('process.on("message", () => process.send({ latencyMs: { p50: NaN } }));');
    expect(await generator.run(job)).toEqual({ latencyMs: { p50: NaN } });
    await generator.stop();
  });

  it('fails when its process ends, then and later', async () => {
    const generator = generatorOf('process.on("message", () => process.exit(1));');
    await expect(generator.run(job)).rejects.toThrow('the load generator has ended');
    await expect(generator.run(job)).rejects.toThrow('the load generator has ended');
    await generator.stop();
  });
});

describe('usage of a process', () => {
  it('holds the work of its children', async () => {
    const busy = 'const end = Date.now() + 400; while (Date.now() < end); console.log("done"); setInterval(() => {}, 1000);';
    const idle = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(busy)}], { stdio: "inherit" });`;
    const parent = spawn(process.execPath, ['-e', idle], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    try {
      const self = usageOf(parent.pid ?? 0);
      await once(parent.stdout, 'data');
      const both = usageOf(parent.pid ?? 0);
      expect(both.cpuMs - self.cpuMs).toBeGreaterThanOrEqual(50); // on a loaded machine it got less than the 400 it wanted
      expect(both.rssBytes).toBeGreaterThan(40e6);
    } finally {
      process.kill(-(parent.pid ?? 0), 'SIGKILL');
    }
  });
});

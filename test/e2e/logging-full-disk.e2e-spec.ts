import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResourceMonitor } from '../../libs/nestage/src/core/resources/resource-usage.js';
import { resolveLoggingOptions } from '../../libs/nestage/src/logging/logging.options.js';
import { ServiceLogWriter } from '../../libs/nestage/src/logging/service-log-writer.js';
import { FakeClock } from '../../libs/nestage/src/testing/fake-clock.js';

class IdleMachine extends ResourceMonitor {
  readonly usage = { cpu: 1, memory: 2, gpu: 0 };
}

const NUMBER = /\] (\d+) x+$/;

// A file system of 64 KB shows what no stand-in does: a write that the disk takes a part of. It needs root; the same rules are tested
// for everyone on /dev/full in service-log-writer.spec.ts.
describe('a disk that fills up', () => {
  let folder: string;
  let file: string;
  let isMounted: boolean;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-disk-'));
    file = join(folder, 'web_service.log');
    isMounted = mount(folder);
  });

  afterEach(() => {
    if (isMounted) execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends neither the process nor the log: each line is in the file, on the standard error, or counted, and none is torn', async () => {
    const clock = new FakeClock();
    let stderr = '';
    const writeStderr = (text: string): boolean => Boolean((stderr += text));
    const options = resolveLoggingOptions({ file, console: false, maxStderrLines: 50, retryIntervalMs: 1000 }, 'the test');
    const writer = new ServiceLogWriter(options, new IdleMachine(), { clock, writeStderr });
    const ballast = join(folder, 'ballast');
    if (isMounted) writeFileSync(ballast, Buffer.alloc(20_000));

    let next = 0;
    for (let round = 0; round < 8; round++) {
      for (let line = 0; line < 100; line++) writer.write('INFO', `${next++} ${'x'.repeat(10 + (next % 50))}`);
      await writer.flush();
      clock.advance(1000);
    }
    if (isMounted) {
      expect(() => appendFileSync(ballast, Buffer.alloc(65_536))).toThrow(/ENOSPC/);
      expect(stderr).toMatch(/can't be written: ENOSPC/);
      expect(stderr.match(/can't be written/g)).toHaveLength(1);
      expect(writer.droppedLines).toBeGreaterThan(0);
      rmSync(ballast);
    }

    clock.advance(1000);
    writer.write('INFO', `${next++} xxx`);
    await writer.flush();
    await writer.flush();
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines) expect(line).toMatch(/^\[2024-01-01 .*\] (\d+ x+|Log files can be written again: .*)$/);
    expect(lines.some((line) => line.includes('can be written again'))).toBe(isMounted);
    const onDisk = numbersIn(lines);
    const onStderr = numbersIn(stderr.split('\n'));
    expect(new Set([...onDisk, ...onStderr]).size).toBe(onDisk.length + onStderr.length);
    expect(onDisk.length + onStderr.length + writer.droppedLines).toBe(next);
    expect(onDisk).toContain(next - 1);
    await writer.close();
  });
});

/** @returns false where the tests may not mount: then the disk is roomy, and all lines are on it */
function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function numbersIn(lines: readonly string[]): number[] {
  return lines
    .map((line) => NUMBER.exec(line)?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
}

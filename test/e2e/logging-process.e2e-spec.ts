import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, '../support/typescript-hook.mjs');
const CHILD = join(import.meta.dirname, 'logging-child.ts');
const LINES = 10_000;
const LINE =
  /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] \[pid:\d+\] \[level:INFO\] \[logid:default\] \[CPU: 1\] \[Memory: 2\] \[GPU: 0\] (\w+) number (\d+)$/;

describe('the log of a process that ends', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-log-'));
    file = join(folder, 'web_service.log');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds each of 10 000 lines once after SIGTERM, those after the shutdown of the log too', async () => {
    const child = start('sigterm', file);
    await once(child.stdout!, 'data');
    child.kill('SIGTERM');
    expect(await codeOf(child)).toBe(0);
    expect(numbersIn(folder)).toEqual({ only: upTo(LINES) });
  });

  it('holds each of 10 000 lines once after an uncaught exception, and the exception', async () => {
    expect(await codeOf(start('uncaught', file))).toBe(1);
    expect(numbersIn(folder)).toEqual({ only: upTo(LINES) });
    expect(readFileSync(`${file}.wf`, 'utf8')).toMatch(/\[level:FATAL\] .* Uncaught exception: nobody catches this\n$/);
  });

  it.each(['exit', 'firstTurn'])('holds each of 10 000 lines once when the process exits with lines under way (%s)', async (how) => {
    expect(await codeOf(start(how, file))).toBe(3);
    expect(numbersIn(folder)).toEqual({ only: upTo(LINES) });
  });

  it('holds every line of a process that just runs out of work', async () => {
    expect(await codeOf(start('natural', file))).toBe(0);
    expect(numbersIn(folder)).toEqual({ only: upTo(LINES) });
  });

  it('loses and tears no line of four processes that share one file', async () => {
    const labels = ['north', 'east', 'south', 'west'];
    const codes = await Promise.all(labels.map((label) => codeOf(start('natural', file, label, 4000))));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(numbersIn(folder)).toEqual(Object.fromEntries(labels.map((label) => [label, upTo(4000)])));
    expect(readFileSync(file, 'utf8')).not.toBe('');
  });
});

function start(how: string, file: string, label = 'only', lines = LINES): ChildProcess {
  const args = ['--import', HOOK, CHILD, how, file, label, String(lines)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

/** The numbers of each label's lines, in the order of the hourly files; every line must have the exact form. */
function numbersIn(folder: string): Record<string, number[]> {
  const files = readdirSync(folder).filter((name) => /^web_service\.log\.\d{10}$/.test(name));
  const lines = files.sort().flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
  const numbers: Record<string, number[]> = {};
  for (const line of lines) {
    const [, label, number] = LINE.exec(line) ?? [];
    if (label === undefined) throw new Error(`not a whole line: ${line}`);
    (numbers[label] ??= []).push(Number(number));
  }
  return numbers;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

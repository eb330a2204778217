import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from './result.types.js';

/** Keeps a run as `<date>-<n>.json`, n counting the runs of that day. @returns the file */
export function writeResult(folder: string, result: RunResult): string {
  mkdirSync(folder, { recursive: true });
  const date = result.startedAt.slice(0, 10);
  const numbers = readdirSync(folder).map((name) => (name.startsWith(`${date}-`) ? parseInt(name.slice(date.length + 1), 10) : 0));
  const file = join(folder, `${date}-${Math.max(0, ...numbers.filter(Number.isInteger)) + 1}.json`);
  writeFileSync(file, `${JSON.stringify(result, roundFigures, 1)}\n`);
  return file;
}

/** A run that was kept. JSON has no NaN and keeps it as `null`, the only one there is. */
export function readResult(file: string): RunResult {
  return JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) => (value === null ? NaN : value)) as RunResult;
}

/** Five digits are more than any of the figures is good for. */
function roundFigures(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

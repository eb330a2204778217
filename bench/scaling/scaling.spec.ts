import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { EventQueue } from './event-queue.js';
import { constantsTable } from './scaling-page.js';
import type { ScalingConstants } from './scaling.types.js';
import { simulate } from './simulate.js';
import { Station } from './station.js';
import { scalingTable } from './table.js';

const root = join(import.meta.dirname, '../..');
const constants = JSON.parse(readFileSync(join(root, 'bench/scaling/constants.json'), 'utf8')) as ScalingConstants;
const free: ScalingConstants = { ...constants, redisUs: 0.001, webUs: 0.001, workerUs: 0, networkMs: 0 };
const short = { name: 'short', workMs: 20, workers: 10, shards: 1 };
const options = { seconds: 1, minJobs: 20_000, seed: 1 };

jest.setTimeout(240_000);

describe('docs/scaling.md', () => {
  const page = readFileSync(join(root, 'docs/scaling.md'), 'utf8');
  const marked = (name: string): string => page.slice(page.indexOf(`<!-- ${name} -->`), page.indexOf(`<!-- /${name} -->`));

  it('has the very table that the simulation gives', () => {
    const cells = cellsIn(marked('scaling:table'));
    expect(cells.length).toBeGreaterThan(6);
    expect(cells).toEqual(cellsIn(scalingTable(constants)));
  });

  it('has the constants that the simulation takes', () => {
    expect(cellsIn(marked('scaling:constants'))).toEqual(cellsIn(constantsTable(constants)));
    expect(page).toContain(`Measured: ${constants.source}.`);
  });
});

/** Text of the cells, row by row, without the line below the heads: however the formatter has set them. */
function cellsIn(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('|') && !/^[|:\s-]+$/.test(line));
  return rows.map((row) => row.split('|').map((cell) => cell.trim()));
}

describe('the simulation', () => {
  it('gives the same for the same seed, and something else for another', () => {
    const [first, second, other] = [1, 1, 2].map((seed) => simulate(short, constants, { ...options, seed }));
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('keeps the workers as busy as what is offered makes them', () => {
    const { workersBusy, refused, donePerSecond, offeredPerSecond } = simulate(short, free, options);
    expect(workersBusy).toBeCloseTo(0.8, 1);
    expect([refused, donePerSecond]).toEqual([0, offeredPerSecond]);
  });

  it('has no request wait that finds a worker free, where there are many', () => {
    const { p50Ms } = simulate({ ...short, workers: 1000 }, free, options);
    expect(p50Ms).toBeCloseTo(20, 0);
  });

  it('does no more than a Redis can, and twice as much on two', () => {
    const slow = { ...free, redisUs: 1000 }; // 1000 jobs/s where 4000 come
    const many = { ...short, workers: 100 };
    const [one, two] = [1, 2].map((shards) => simulate({ ...many, shards }, slow, { ...options, seconds: 10 }));
    expect(one.redisBusy).toBeGreaterThan(0.98);
    expect(one.donePerSecond).toBeLessThanOrEqual(1100);
    expect(two.donePerSecond / one.donePerSecond).toBeCloseTo(2, 0);
  });
});

describe('its parts', () => {
  it('happen by time, and in the order they came where the time is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
        const queue = new EventQueue<number>();
        times.forEach((time, index) => queue.push(time, index));
        const popped = Array.from(times, () => queue.pop()).map((entry) => [entry?.time, entry?.value]);
        const sorted = times.map((time, index) => [time, index]).sort(([a, i], [b, j]) => a - b || i - j);
        expect([popped, queue.pop()]).toEqual([sorted, undefined]);
      }),
    );
  });

  it('serve what comes in turn', () => {
    const station = new Station(2);
    expect([station.serve(0, 10), station.serve(0, 10), station.serve(1, 10), station.waitAt(1)]).toEqual([10, 10, 20, 9]);
    expect(station.busyMs).toBe(30);
  });
});

import { figure } from '../report/table.js';
import type { Outcome, Plan, ScalingConstants } from './scaling.types.js';
import { OFFERED_LOAD, simulate } from './simulate.js';

const SIMULATED = { seconds: 8, minJobs: 20_000, seed: 20 };
const SIZES = [10, 100, 1000];
/** A Redis should work no more than that, so that it bears a burst. */
const REDIS_LOAD = 0.6;
/** Default of redis-server's `maxclients`. */
const MAX_CONNECTIONS = 10_000;
/** Of a process with one queue and short values: commands, messages, and for a worker that of its commands and that of its queue. */
const WORKER_CONNECTIONS = 4;
const WEB_CONNECTIONS = 2;

const HEADS = [
  'job',
  'workers',
  'queues',
  'offered/s',
  'done/s',
  'refused',
  'p50 ms',
  'p99 ms',
  'Redis busy',
  'workers busy',
  'web processes',
  'core hours per million',
  'first to be full',
];

/** The table of docs/scaling.md. */
export function scalingTable(constants: ScalingConstants): string {
  const rows = plans(constants).map((plan) => cellsOf(plan, simulate(plan, constants, SIMULATED)));
  return [HEADS, HEADS.map((_, column) => (column === 0 || column === HEADS.length - 1 ? '---' : '--:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** Each kind of job with each number of workers on one queue, and on as many as its Redis needs where one is not enough. */
export function plans(constants: ScalingConstants): Plan[] {
  const kinds = [
    { name: 'picture', workMs: constants.pictureMs },
    { name: 'short', workMs: constants.shortMs },
  ];
  return kinds.flatMap(({ name, workMs }) =>
    SIZES.flatMap((workers) => {
      const needed = shardsFor(workMs, workers, constants);
      return [1, ...(needed > 1 ? [needed] : [])].map((shards) => ({ name, workMs, workers, shards }));
    }),
  );
}

function shardsFor(workMs: number, workers: number, { redisUs, workerUs }: ScalingConstants): number {
  const perSecond = (OFFERED_LOAD * workers * 1000) / (workMs + workerUs / 1000);
  return Math.ceil((perSecond * redisUs) / 1e6 / REDIS_LOAD);
}

function cellsOf(plan: Plan, outcome: Outcome): string[] {
  const { offeredPerSecond, donePerSecond, refused, p50Ms, p99Ms, redisBusy, workersBusy, webProcesses } = outcome;
  const cores = plan.workers + plan.shards + webProcesses;
  return [
    plan.name,
    figure(plan.workers, 0),
    figure(plan.shards, 0),
    figure(offeredPerSecond, 0),
    figure(donePerSecond, 0),
    `${figure(refused * 100, 0)} %`,
    figure(p50Ms, 0),
    figure(p99Ms, 0),
    `${figure(redisBusy * 100, 0)} %`,
    `${figure(workersBusy * 100, 0)} %`,
    figure(webProcesses, 0),
    figure((cores * 1e6) / donePerSecond / 3600, 1),
    firstFull(plan, outcome),
  ];
}

/** What would be in the way first, if more came. */
function firstFull({ workers, shards }: Plan, { redisBusy, workersBusy, webProcesses }: Outcome): string {
  const shares = [
    ['workers', workersBusy],
    ['Redis', redisBusy],
    ['connections', ((workers / shards) * WORKER_CONNECTIONS + webProcesses * WEB_CONNECTIONS) / MAX_CONNECTIONS],
  ] as const;
  return shares.reduce((most, share) => (share[1] > most[1] ? share : most))[0];
}

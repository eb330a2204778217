import { seededRandom } from '../../test/support/seeded-random.js';
import { percentile } from '../harness/statistics.js';
import { EventQueue } from './event-queue.js';
import type { Outcome, Plan, ScalingConstants } from './scaling.types.js';
import { Shard } from './shard.js';
import { Station } from './station.js';

/** Of what the workers could do. */
export const OFFERED_LOAD = 0.8;
/** Web processes are added until they work no more than that. */
const WEB_LOAD = 0.6;
/** Defaults of QueueModule: what would wait longer for Redis, or behind more jobs, is refused. */
const COMMAND_TIMEOUT_MS = 2000;
const MAX_BACKLOG = 1000;
/** Jobs at the begin and the end count for nothing: nothing waits yet, or nothing comes any more. */
const COUNTED = { from: 0.3, to: 0.9 };

type Event = readonly [kind: 'arrive' | 'handIn' | 'ready' | 'worked' | 'free' | 'answer', job: number];

/** How long requests come, and the seed of chance. */
export interface SimulationOptions {
  readonly seconds: number;
  /** As many requests come at least, however long that takes. */
  readonly minJobs: number;
  readonly seed: number;
}

/** Follows jobs from the request to the answer, event by event. The same seed gives the same outcome everywhere. */
export function simulate(plan: Plan, constants: ScalingConstants, options: SimulationOptions): Outcome {
  return new Simulation(plan, constants, options).run();
}

class Simulation {
  private readonly random: () => number;
  private readonly events = new EventQueue<Event>();
  private readonly arrivedAt: Float64Array;
  private readonly shards: readonly Shard[];
  private readonly web: Station;
  private readonly webProcesses: number;
  private readonly jobMs: number;
  private readonly perMs: number;
  private readonly jobs: number;
  private readonly latencies: number[] = [];
  private refused = 0;
  private lastAt = 0;

  constructor(
    plan: Plan,
    private readonly constants: ScalingConstants,
    { seconds, minJobs, seed }: SimulationOptions,
  ) {
    const random = seededRandom(seed);
    this.random = () => random.next();
    this.shards = Array.from({ length: plan.shards }, (_, shard) => new Shard(Math.floor((plan.workers + shard) / plan.shards)));
    this.jobMs = plan.workMs + constants.workerUs / 1000;
    this.perMs = (OFFERED_LOAD * plan.workers) / this.jobMs;
    this.webProcesses = Math.ceil((this.perMs * constants.webUs) / 1000 / WEB_LOAD);
    this.web = new Station(this.webProcesses);
    this.jobs = Math.max(minJobs, Math.round(this.perMs * 1000 * seconds));
    this.arrivedAt = new Float64Array(this.jobs);
  }

  run(): Outcome {
    let arrival = 0;
    for (let job = 0; job < this.jobs; job++) {
      arrival -= Math.log(1 - this.random()) / this.perMs;
      this.arrivedAt[job] = arrival;
      this.events.push(arrival, ['arrive', job]);
    }
    for (let event = this.events.pop(); event; event = this.events.pop()) {
      this.lastAt = event.time;
      this.happen(event.time, event.value);
    }
    return this.outcome();
  }

  private happen(now: number, [kind, job]: Event): void {
    const { redisUs, webUs, networkMs } = this.constants;
    const shard = this.shards[job % this.shards.length];
    const redisMs = redisUs / 2000; // half for handing in, half for the answer
    const webMs = webUs / 2000;
    if (kind === 'arrive') {
      this.events.push(this.web.serve(now, webMs) + networkMs, ['handIn', job]);
    } else if (kind === 'handIn') {
      if (shard.redis.waitAt(now) > COMMAND_TIMEOUT_MS || shard.waiting >= MAX_BACKLOG) this.refuse(job);
      else this.events.push(shard.redis.serve(now, redisMs), ['ready', job]);
    } else if (kind === 'ready') {
      if (shard.take(job)) this.begin(now, job);
    } else if (kind === 'worked') {
      const toldAt = shard.redis.serve(now, redisMs) + networkMs;
      this.events.push(toldAt, ['answer', job]);
      this.events.push(toldAt, ['free', job]);
    } else if (kind === 'free') {
      const next = shard.release();
      if (next !== undefined) this.begin(now, next);
    } else {
      const answeredAt = this.web.serve(now, webMs);
      if (this.isCounted(job)) this.latencies.push(answeredAt - this.arrivedAt[job]);
    }
  }

  /** Two ways over the network: to the worker, and with its result to Redis. */
  private begin(now: number, job: number): void {
    const workMs = this.jobMs * (0.8 + 0.4 * this.random());
    this.shards[job % this.shards.length].workedMs += workMs;
    this.events.push(now + workMs + 2 * this.constants.networkMs, ['worked', job]);
  }

  private refuse(job: number): void {
    if (this.isCounted(job)) this.refused++;
  }

  private isCounted(job: number): boolean {
    return job >= this.jobs * COUNTED.from && job < this.jobs * COUNTED.to;
  }

  private outcome(): Outcome {
    const sorted = Float64Array.from(this.latencies).sort();
    const counted = this.latencies.length + this.refused;
    const done = this.latencies.length / counted;
    const sum = (of: (shard: Shard) => number): number => this.shards.reduce((total, shard) => total + of(shard), 0);
    const workers = sum((shard) => shard.workers);
    return {
      offeredPerSecond: this.perMs * 1000,
      donePerSecond: this.perMs * 1000 * done,
      refused: 1 - done,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      redisBusy: sum((shard) => shard.redis.busyMs) / this.shards.length / this.lastAt,
      workersBusy: sum((shard) => shard.workedMs) / workers / this.lastAt,
      webProcesses: this.webProcesses,
      waitingAtMost: Math.max(...this.shards.map((shard) => shard.waitingAtMost)),
    };
  }
}

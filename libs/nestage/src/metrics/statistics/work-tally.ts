import type { StageEvents } from '../../core/pipeline/stage-events.js';

/** Batches of a path since the start. @publicApi */
export interface BatchTally {
  readonly batches: number;
  /** Inputs of all of them. */
  readonly items: number;
  /** Inputs of the largest, and of the last one. */
  readonly largest: number;
  readonly last: number;
  /** Batches in which some input, or every one, has failed. */
  readonly failed: number;
}

/** Tasks of a pool of worker threads since the start, by outcome, and threads that were replaced. @publicApi */
export interface WorkerTally {
  readonly ok: number;
  readonly error: number;
  readonly aborted: number;
  readonly crashed: number;
  readonly refused: number;
  readonly restarts: number;
}

const NO_BATCHES: BatchTally = { batches: 0, items: 0, largest: 0, last: 0, failed: 0 };
const NO_TASKS: WorkerTally = { ok: 0, error: 0, aborted: 0, crashed: 0, refused: 0, restarts: 0 };

/** Counts batches and tasks of worker threads, as their rooms tell of them. @internal */
export class WorkTally {
  private readonly byPath = new Map<string, BatchTally>();
  private readonly byPool = new Map<string, WorkerTally>();

  constructor(events: StageEvents) {
    events.on(({ route, items, outcome }) => this.addBatch(route, items, outcome !== 'ok'), ['batch.done']);
    events.on(({ pool, outcome }) => this.addTask(pool, outcome), ['worker.done']);
    events.on(({ pool }) => this.addTask(pool, 'refused'), ['worker.refused']);
    events.on(({ pool }) => this.addTask(pool, 'restarts'), ['worker.ended']);
  }

  /** `undefined` for a path without any batch so far. */
  batchesOf(path: string): BatchTally | undefined {
    return this.byPath.get(path);
  }

  get pools(): Readonly<Record<string, WorkerTally>> {
    return Object.fromEntries(this.byPool);
  }

  private addBatch(path: string, items: number, hasFailed: boolean): void {
    const known = this.byPath.get(path) ?? NO_BATCHES;
    this.byPath.set(path, {
      batches: known.batches + 1,
      items: known.items + items,
      largest: Math.max(known.largest, items),
      last: items,
      failed: known.failed + (hasFailed ? 1 : 0),
    });
  }

  private addTask(pool: string, as: keyof WorkerTally): void {
    const known = this.byPool.get(pool) ?? NO_TASKS;
    this.byPool.set(pool, { ...known, [as]: known[as] + 1 });
  }
}

import cluster, { type Worker } from 'node:cluster';
import type { Clock } from '../common/clock.js';
import { birthEnvironment } from '../core/processes/worker-birth.js';
import type { WorkerMessage } from './messages.js';
import { SupervisedWorker } from './supervised-worker.js';
import type { ResolvedWorkersOptions } from './workers.options.js';

/** @internal */
export interface CrewInit {
  readonly options: ResolvedWorkersOptions;
  /** Port for all workers, where any free one was asked for. */
  readonly port: number | undefined;
  readonly clock: Clock;
  readonly hear: (worker: SupervisedWorker, message: WorkerMessage) => void;
  readonly lose: (worker: SupervisedWorker, code: number | null, signal: NodeJS.Signals | null) => void;
  /** The system gives no process: no memory for one, or too many. */
  readonly refuse: (place: number, error: Error) => void;
}

/** The workers that live. @internal */
export class Crew {
  private readonly living = new Set<SupervisedWorker>();
  private watchers: (() => void)[] = [];

  constructor(private readonly init: CrewInit) {}

  /** By their places; while one replaces another, a place has two. */
  get workers(): readonly SupervisedWorker[] {
    return [...this.living].sort((a, b) => a.place - b.place);
  }

  get readyCount(): number {
    return this.workers.filter(({ hasBeenReady }) => hasBeenReady).length;
  }

  has(place: number): boolean {
    return this.workers.some((worker) => worker.place === place);
  }

  /** Starts another worker for a place. @returns `undefined` where the system gave no process for it */
  spawn(place: number): SupervisedWorker | undefined {
    const process = this.fork(place);
    if (process instanceof Error) return void this.init.refuse(place, process);
    const worker = new SupervisedWorker(place, process, this.init.clock);
    this.living.add(worker);
    worker.listen(
      (message) => {
        this.init.hear(worker, message);
        this.tellWatchers();
      },
      (code, signal) => {
        this.living.delete(worker);
        this.init.lose(worker, code, signal);
        this.tellWatchers();
      },
    );
    return worker;
  }

  private fork(place: number): Worker | Error {
    const { options, port } = this.init;
    const { count, answerTimeoutMs } = options;
    try {
      return cluster.fork(birthEnvironment({ place, count, isFirst: this.readyCount === 0, port, answerTimeoutMs }));
    } catch (error) {
      return error as Error;
    }
  }

  killAll(signal: NodeJS.Signals): void {
    for (const worker of this.living) worker.kill(signal);
  }

  /** Resolves when something has become true of the workers by what one of them said, or by its end. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private tellWatchers(): void {
    for (const tell of this.watchers.splice(0)) tell();
  }
}

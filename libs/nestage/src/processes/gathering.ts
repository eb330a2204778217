import type { Clock } from '../common/clock.js';
import type { GroupAnswer, RestartReason, ProcessAnswer } from '../core/processes/process-group.js';
import type { WorkerMessage } from './messages.js';
import type { SupervisedWorker } from './supervised-worker.js';

/** Adds what several workers said of a topic whose figures only grow. @internal */
export type Fold = (parts: readonly unknown[]) => unknown;

/** @internal */
export interface GatheringInit {
  readonly workers: () => readonly SupervisedWorker[];
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Topics whose last figures stand for workers that don't answer or have ended. */
  readonly folds: Readonly<Record<string, Fold>>;
  readonly clock: Clock;
}

type Said = { readonly value: unknown };
type Question = Extract<WorkerMessage, { kind: 'question' }>;

/**
 * Asks all workers on behalf of one, waits for none longer than a bound, and keeps the figures of those that have ended, so that a sum
 * over all never goes back.
 * @internal
 */
export class Gathering {
  private readonly open = new Map<number, (value: unknown) => void>();
  private readonly ended: Record<string, unknown> = {};
  private lastId = 0;

  constructor(private readonly init: GatheringInit) {}

  async answer(asker: SupervisedWorker, { id, topic, argument, own, withinMs }: Question): Promise<void> {
    this.keep(asker, topic, own);
    const others = this.init.workers().filter((worker) => worker !== asker);
    const asked = await Promise.all(
      others.map(async (worker) => ({ worker, said: await this.ask(worker, { topic, argument, withinMs }) })),
    );
    // Looked at all at one moment: who has ended meanwhile is among the ended, and nowhere else.
    const living = asked.filter(({ worker }) => !worker.isGone);
    const answer: GroupAnswer<unknown> = {
      processes: [{ ...asker.overview, value: own, isFresh: true }, ...living.map(({ worker, said }) => answerOf(worker, topic, said))],
      ended: this.ended[topic],
      restarts: { ...this.init.restarts },
    };
    asker.send({ kind: 'gathered', id, answer });
  }

  /** A worker's answer; one that nobody waits for any more is dropped. */
  hear({ id, value }: Extract<WorkerMessage, { kind: 'answer' }>): void {
    this.open.get(id)?.(value);
  }

  /** Adds the last figures of a worker that has ended to those of others before it. */
  bury({ snapshots }: SupervisedWorker): void {
    for (const [topic, fold] of Object.entries(this.init.folds)) {
      const parts = [this.ended[topic], snapshots[topic]].filter((part) => part !== undefined);
      if (parts.length > 0) this.ended[topic] = fold(parts);
    }
  }

  /** One that is known not to answer is not waited for. */
  private ask(
    worker: SupervisedWorker,
    { topic, argument, withinMs }: Pick<Question, 'topic' | 'argument' | 'withinMs'>,
  ): Promise<Said | undefined> {
    if (!worker.hasStarted || worker.isGone || worker.state === 'blocked') return Promise.resolve(undefined);
    const id = ++this.lastId;
    return new Promise((resolve) => {
      const settle = (said: Said | undefined): void => {
        cancel();
        this.open.delete(id);
        if (said) this.keep(worker, topic, said.value);
        resolve(said);
      };
      const cancel = this.init.clock.schedule(withinMs, () => settle(undefined));
      this.open.set(id, (value) => settle({ value }));
      worker.send({ kind: 'asked', id, topic, argument });
    });
  }

  private keep(worker: SupervisedWorker, topic: string, value: unknown): void {
    if (topic in this.init.folds && value !== undefined && !worker.isGone) worker.snapshots = { ...worker.snapshots, [topic]: value };
  }
}

function answerOf(worker: SupervisedWorker, topic: string, said: Said | undefined): ProcessAnswer<unknown> {
  return { ...worker.overview, value: said ? said.value : worker.snapshots[topic], isFresh: said !== undefined };
}

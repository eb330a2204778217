import cluster from 'node:cluster';
import { constants } from 'node:os';
import type { Clock } from '../common/clock.js';
import { hours, seconds } from '../common/duration.js';
import type { RestartReason } from '../core/processes/process-group.js';
import { birthEnvironment } from '../core/processes/worker-birth.js';
import { Claims } from './claims.js';
import { type Fold, Gathering } from './gathering.js';
import type { WorkerMessage } from './messages.js';
import { RestartPolicy } from './restart-policy.js';
import { StuckWatch } from './stuck-watch.js';
import { SupervisedWorker } from './supervised-worker.js';
import { SupervisorLog } from './supervisor-log.js';
import type { ResolvedWorkersOptions } from './workers.options.js';

/** @internal */
export interface SupervisorInit {
  readonly options: ResolvedWorkersOptions;
  /** Port for all workers, where any free one was asked for. */
  readonly port: number | undefined;
  readonly folds: Readonly<Record<string, Fold>>;
  readonly clock: Clock;
  /** Ends this process. */
  readonly exit: (code: number) => void;
}

/** How much longer than its grace a worker may take to end. */
const END_LIMIT_MS = seconds(13);

/**
 * Keeps a number of workers alive. The first is started alone, so that a fault of the app is told once and ends the process as it would
 * without workers; the others follow when it is ready. Builds no app and loads no model itself.
 * @internal
 */
export class Supervisor {
  private readonly workers = new Set<SupervisedWorker>();
  private readonly restarts: Record<RestartReason, number> = { crash: 0, blocked: 0, rolling: 0 };
  private readonly policy = new RestartPolicy();
  private readonly log = new SupervisorLog(() => [...this.workers]);
  private readonly claims: Claims;
  private readonly gathering: Gathering;
  private readonly stuck: StuckWatch | undefined;
  private hasServed = false;
  private isComplete = false;
  private isRolling = false;
  private endCode: number | undefined;
  private onChange: (() => void)[] = [];

  constructor(private readonly init: SupervisorInit) {
    const { options, folds, clock } = init;
    const { stuckAfterMs, answerTimeoutMs } = options;
    this.claims = new Claims(clock);
    const workers = (): readonly SupervisedWorker[] => [...this.workers];
    this.gathering = new Gathering({ workers, restarts: this.restarts, folds, answerTimeoutMs, clock });
    if (stuckAfterMs !== false)
      this.stuck = new StuckWatch({ stuckAfterMs, workers, clock, onStuck: (worker) => this.replaceStuck(worker) });
  }

  start(): void {
    cluster.schedulingPolicy = cluster.SCHED_NONE; // who is free takes the next connection; a blocked worker takes none
    cluster.setupPrimary({ serialization: 'advanced' }); // figures may be Infinity, fields undefined
    setInterval(() => undefined, hours(1)); // keeps the process while no worker lives; it ends by its own `exit`
    this.stuck?.start();
    this.spawn(1);
  }

  /** Replaces one worker after the other: its successor is ready before it drains. One that can't be replaced stays, and the round ends. */
  async roll(): Promise<void> {
    if (this.isRolling || this.endCode !== undefined || !this.isComplete) {
      return this.log.say('WARNING', 'Rolling restart refused: the workers are starting, ending or being replaced already');
    }
    this.isRolling = true;
    this.log.say('INFO', `Rolling restart of ${this.init.options.count} workers`);
    const isDone = await this.replaceAll();
    this.isRolling = false;
    if (isDone) this.log.say('INFO', 'Rolling restart is done');
  }

  /** Drains all workers and ends with their worst code; one that does not end in time is ended, with code 1. */
  end(): void {
    if (this.endCode !== undefined) return;
    this.endCode = 0;
    this.changed();
    this.stuck?.stop();
    const limitMs = Math.max(0, ...[...this.workers].map(({ shutdownGraceMs }) => shutdownGraceMs)) + END_LIMIT_MS;
    this.init.clock.schedule(limitMs, () => this.killRest());
    for (const worker of this.workers) worker.kill('SIGTERM');
    this.exitIfEmpty();
  }

  private spawn(place: number): SupervisedWorker {
    const { options, port, clock } = this.init;
    const isFirst = ![...this.workers].some(({ hasBeenReady }) => hasBeenReady);
    const { count, answerTimeoutMs } = options;
    const environment = birthEnvironment({ place, count, isFirst, port, answerTimeoutMs });
    const worker = new SupervisedWorker(place, cluster.fork(environment), clock);
    this.workers.add(worker);
    worker.listen(
      (message) => this.hear(worker, message),
      (code, signal) => this.lose(worker, code, signal),
    );
    return worker;
  }

  private hear(worker: SupervisedWorker, message: WorkerMessage): void {
    if (message.kind === 'started') this.log.flush();
    else if (message.kind === 'ready') this.becameReady(message.url);
    else if (message.kind === 'question') void this.gathering.answer(worker, message);
    else if (message.kind === 'answer') this.gathering.hear(message);
    else if (message.kind === 'claim') {
      worker.send({ kind: 'claimed', id: message.id, isGranted: this.claims.grant(message.key, message.holdMs) });
    }
  }

  private becameReady(url: string): void {
    const { count } = this.init.options;
    this.policy.becameReady();
    this.changed();
    if (!this.hasServed) {
      this.hasServed = true;
      for (let place = 2; place <= count && this.endCode === undefined; place++) this.spawn(place);
    }
    const ready = [...this.workers].filter(({ hasBeenReady }) => hasBeenReady).length;
    if (this.isComplete || ready < count) return;
    this.isComplete = true;
    this.log.say('INFO', `All ${count} workers are ready on ${url}`);
  }

  private lose(worker: SupervisedWorker, code: number | null, signal: NodeJS.Signals | null): void {
    this.workers.delete(worker);
    this.gathering.bury(worker);
    this.changed();
    const exitCode = code ?? (signal ? 128 + constants.signals[signal] : 1);
    if (this.endCode !== undefined) {
      const isPlanned = exitCode === 0 || (signal === 'SIGTERM' && !worker.hasStarted);
      if (!isPlanned) this.endCode = Math.max(this.endCode, 1);
      return this.exitIfEmpty();
    }
    const isVacant = ![...this.workers].some(({ place }) => place === worker.place);
    if (!isVacant) return;
    if (!worker.hasBeenReady) this.policy.failedToStart();
    const how = signal ? `was ended by ${signal}` : `ended with code ${exitCode}`;
    if (!this.hasServed || (this.policy.isHopeless && ![...this.workers].some(({ hasBeenReady }) => hasBeenReady))) {
      return this.giveUp(`Worker ${worker.place} ${how}, and none is ready`, exitCode);
    }
    this.replaceLater(worker, how);
  }

  private replaceLater(worker: SupervisedWorker, how: string): void {
    const { place, livedMs } = worker;
    const pauseMs = this.policy.pauseAfter(place, livedMs);
    if (!worker.isStuck) this.restarts.crash++;
    this.log.say('WARNING', `Worker ${place} (process ${worker.overview.pid}) ${how}: another takes its place in ${pauseMs} ms`);
    this.init.clock.schedule(pauseMs, () => {
      if (this.endCode === undefined) this.spawn(place);
    });
  }

  private replaceStuck(worker: SupervisedWorker): void {
    const { place, overview, silentMs } = worker;
    this.restarts.blocked++;
    this.log.say('ERROR', `Worker ${place} (process ${overview.pid}) has been blocked for ${Math.round(silentMs)} ms and is ended`);
    worker.isStuck = true;
    worker.kill('SIGKILL');
  }

  private async replaceAll(): Promise<boolean> {
    for (const old of [...this.workers].sort((a, b) => a.place - b.place)) {
      if (old.isGone) continue; // its successor is new already
      const next = this.spawn(old.place);
      await this.until(() => next.hasBeenReady || next.isGone);
      if (this.endCode !== undefined) return false;
      if (next.isGone) {
        this.log.say(
          'ERROR',
          `Worker ${old.place} can't be replaced: its successor did not start. It stays, and the rolling restart ends here`,
        );
        return false;
      }
      this.restarts.rolling++;
      old.retire();
      const cancel = this.init.clock.schedule(old.shutdownGraceMs + END_LIMIT_MS, () => old.kill('SIGKILL'));
      await this.until(() => old.isGone);
      cancel();
    }
    return this.endCode === undefined;
  }

  private async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && this.endCode === undefined) await new Promise<void>((resolve) => this.onChange.push(resolve));
  }

  private changed(): void {
    for (const tell of this.onChange.splice(0)) tell();
  }

  private giveUp(reason: string, exitCode: number): void {
    this.log.shout('FATAL', `${reason}: ending with code ${exitCode}`);
    this.endCode = exitCode;
    for (const worker of this.workers) worker.kill('SIGTERM');
    this.exitIfEmpty();
  }

  private killRest(): void {
    this.endCode = Math.max(this.endCode ?? 0, 1);
    for (const worker of this.workers) worker.kill('SIGKILL');
  }

  private exitIfEmpty(): void {
    if (this.workers.size === 0) this.init.exit(this.endCode ?? 0);
  }
}

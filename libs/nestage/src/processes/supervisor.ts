import cluster from 'node:cluster';
import { constants } from 'node:os';
import type { Clock } from '../common/clock.js';
import { hours, seconds } from '../common/duration.js';
import type { RestartReason } from '../core/processes/process-group.js';
import { Claims } from './claims.js';
import { Crew } from './crew.js';
import { type Fold, Gathering } from './gathering.js';
import type { WorkerMessage } from './messages.js';
import { RestartPolicy } from './restart-policy.js';
import { RollingRestart } from './rolling-restart.js';
import { StuckWatch } from './stuck-watch.js';
import type { SupervisedWorker } from './supervised-worker.js';
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

/** A worker that has ended, or could not be made. */
interface Loss {
  readonly place: number;
  readonly name: string;
  readonly how: string;
  readonly exitCode: number;
  readonly livedMs: number;
  readonly hasBeenReady: boolean;
}

/** How much longer than its grace a worker may take to end. */
const END_LIMIT_MS = seconds(13);
/** From the keyboard a signal comes to all processes, to this one maybe last. */
const SIGNAL_LAG_MS = seconds(1);

/**
 * Keeps a number of workers alive. The first is started alone, so that a fault of the app is told once and ends the process as it would
 * without workers; the others follow when it is ready. Builds no app and loads no model itself.
 * @internal
 */
export class Supervisor {
  private readonly restarts: Record<RestartReason, number> = { crash: 0, blocked: 0, rolling: 0 };
  private readonly policy = new RestartPolicy();
  private readonly crew: Crew;
  private readonly log: SupervisorLog;
  private readonly claims: Claims;
  private readonly gathering: Gathering;
  private readonly stuck: StuckWatch | undefined;
  private readonly rolling: RollingRestart;
  private hasServed = false;
  private isComplete = false;
  /** Set from the moment that the end has begun. */
  private endCode: number | undefined;

  constructor(private readonly init: SupervisorInit) {
    const { options, port, folds, clock } = init;
    const crew = new Crew({
      options,
      port,
      clock,
      hear: (worker, message) => this.hear(worker, message),
      lose: (worker, code, signal) => this.lose(worker, code, signal),
      refuse: (place, error) => this.refused(place, error),
    });
    const workers = (): readonly SupervisedWorker[] => crew.workers;
    const { stuckAfterMs } = options;
    this.crew = crew;
    this.log = new SupervisorLog(workers);
    this.claims = new Claims(clock);
    this.gathering = new Gathering({ workers, restarts: this.restarts, folds, clock });
    this.rolling = new RollingRestart({
      crew,
      log: this.log,
      clock,
      endLimitMs: END_LIMIT_MS,
      isEnding: () => this.endCode !== undefined,
      onReplaced: () => this.restarts.rolling++,
    });
    if (stuckAfterMs !== false)
      this.stuck = new StuckWatch({ stuckAfterMs, workers, clock, onStuck: (worker) => this.replaceStuck(worker) });
  }

  start(): void {
    cluster.schedulingPolicy = cluster.SCHED_NONE; // who is free takes the next connection; a blocked worker takes none
    cluster.setupPrimary({ serialization: 'advanced' }); // figures may be Infinity, fields undefined
    setInterval(() => undefined, hours(1)); // keeps the process while no worker lives; it ends by its own `exit`
    this.stuck?.start();
    this.crew.spawn(1);
  }

  /** Replaces one worker after the other, once all have been ready. */
  async roll(): Promise<void> {
    if (!this.isComplete) return this.log.say('WARNING', 'Rolling restart refused: the workers are starting');
    if (this.endCode === undefined) await this.rolling.run();
  }

  /** Drains all workers and ends with code 0; one that does not end in time is ended, with code 1. */
  end(): void {
    if (this.endCode !== undefined) return;
    const limitMs = Math.max(0, ...this.crew.workers.map(({ shutdownGraceMs }) => shutdownGraceMs)) + END_LIMIT_MS;
    this.init.clock.schedule(limitMs, () => {
      this.endCode = Math.max(this.endCode ?? 0, 1);
      this.crew.killAll('SIGKILL');
    });
    this.endAll(0);
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
    if (!this.hasServed) {
      this.hasServed = true;
      for (let place = 2; place <= count && this.endCode === undefined; place++) this.crew.spawn(place);
    }
    if (this.isComplete || this.crew.readyCount < count) return;
    this.isComplete = true;
    this.log.say('INFO', `All ${count} workers are ready on ${url}`);
  }

  private lose(worker: SupervisedWorker, code: number | null, signal: NodeJS.Signals | null): void {
    this.gathering.bury(worker);
    const exitCode = code ?? (signal ? 128 + constants.signals[signal] : 1);
    const isInterrupted = (signal === 'SIGTERM' || signal === 'SIGINT') && !worker.hasStarted; // its app would have ended it with code 0
    if (this.endCode !== undefined) {
      const isPlanned = exitCode === 0 || isInterrupted;
      if (!isPlanned) this.endCode = Math.max(this.endCode, 1);
      return this.exitIfEmpty();
    }
    const miss = (): void => this.miss(worker, exitCode, signal);
    if (isInterrupted) this.init.clock.schedule(SIGNAL_LAG_MS, miss);
    else miss();
  }

  /** Nobody has asked for the end of this worker. */
  private miss(worker: SupervisedWorker, exitCode: number, signal: NodeJS.Signals | null): void {
    if (this.endCode !== undefined) return;
    if (this.crew.has(worker.place)) return; // it has a successor, or is one that did not start
    const { place, overview, livedMs, hasBeenReady } = worker;
    const how = signal ? `was ended by ${signal}` : `ended with code ${exitCode}`;
    if (!worker.isStuck) this.restarts.crash++;
    this.replace({ place, name: `Worker ${place} (process ${overview.pid})`, how, exitCode, livedMs, hasBeenReady });
  }

  private refused(place: number, error: Error): void {
    const how = `can't be started: ${error.message}`;
    if (this.crew.has(place)) return this.log.say('ERROR', `A successor of worker ${place} ${how}`);
    this.replace({ place, name: `Worker ${place}`, how, exitCode: 1, livedMs: 0, hasBeenReady: false });
  }

  /** Where nothing can be hoped for, the end; else another worker after a pause. */
  private replace({ place, name, how, exitCode, livedMs, hasBeenReady }: Loss): void {
    if (!hasBeenReady) this.policy.failedToStart();
    if (!this.hasServed || (this.policy.isHopeless && this.crew.readyCount === 0)) {
      this.log.shout('FATAL', `Worker ${place} ${how}, and none is ready: ending with code ${exitCode}`);
      return this.endAll(exitCode);
    }
    const pauseMs = this.policy.pauseAfter(place, livedMs);
    this.log.say('WARNING', `${name} ${how}: another takes its place in ${pauseMs} ms`);
    this.init.clock.schedule(pauseMs, () => {
      if (this.endCode === undefined) this.crew.spawn(place);
    });
  }

  private replaceStuck(worker: SupervisedWorker): void {
    const { place, overview, silentMs } = worker;
    this.restarts.blocked++;
    this.log.say('ERROR', `Worker ${place} (process ${overview.pid}) has been blocked for ${Math.round(silentMs)} ms and is ended`);
    worker.isStuck = true;
    worker.kill('SIGKILL');
  }

  private endAll(code: number): void {
    this.endCode = code;
    this.stuck?.stop();
    this.crew.killAll('SIGTERM');
    this.exitIfEmpty();
  }

  private exitIfEmpty(): void {
    if (this.crew.workers.length === 0) this.init.exit(this.endCode ?? 0);
  }
}

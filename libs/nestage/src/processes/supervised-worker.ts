import type { Worker } from 'node:cluster';
import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import type { ProcessOverview, ProcessState } from '../core/processes/process-group.js';
import { isOurs, type Snapshots, type SupervisorMessage, type Unmarked, type WorkerMessage } from './messages.js';

/** A worker that was ready and has said nothing for this long is blocked: it says something twice a second. */
const BLOCKED_AFTER_MS = seconds(2);

/** One worker as its supervisor sees it. @internal */
export class SupervisedWorker {
  readonly startedAt: number;
  lastHeardAt: number;
  /** Its last figures by topic. */
  snapshots: Snapshots = {};
  /** How long it may take to drain, as it said. */
  shutdownGraceMs = seconds(10);
  /** Whether it has an app that answers questions. */
  hasStarted = false;
  hasBeenReady = false;
  isGone = false;
  /** Whether it is ended because it was blocked. */
  isStuck = false;
  private said: ProcessState = 'not_ready';
  private isLeaving = false;

  constructor(
    readonly place: number,
    private readonly worker: Worker,
    private readonly clock: Clock,
  ) {
    this.startedAt = this.lastHeardAt = clock.elapsed();
    worker.on('error', () => undefined); // a message to one that has just ended; its end is told by its own event
  }

  get overview(): ProcessOverview {
    return { process: this.place, pid: this.worker.process.pid ?? 0, state: this.state };
  }

  get state(): ProcessState {
    if (this.isLeaving) return 'draining';
    if (!this.hasBeenReady) return 'not_ready';
    return this.silentMs > BLOCKED_AFTER_MS ? 'blocked' : this.said;
  }

  get silentMs(): number {
    return this.clock.elapsed() - this.lastHeardAt;
  }

  get livedMs(): number {
    return this.clock.elapsed() - this.startedAt;
  }

  listen(onMessage: (message: WorkerMessage) => void, onGone: (code: number | null, signal: NodeJS.Signals | null) => void): void {
    this.worker.on('message', (message: unknown) => {
      if (!isOurs(message)) return;
      this.lastHeardAt = this.clock.elapsed();
      this.note(message as WorkerMessage);
      onMessage(message as WorkerMessage);
    });
    // 'close' and not 'exit': by then all that it had said has been heard
    this.worker.process.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      this.isGone = true;
      onGone(code, signal);
    });
  }

  send(message: Unmarked<SupervisorMessage>): void {
    if (this.worker.isConnected()) this.worker.send({ nestage: true, ...message }, () => undefined); // the callback swallows the error of one that is ending
  }

  /** Asks it to end when its requests are over. */
  retire(): void {
    this.isLeaving = true;
    this.send({ kind: 'retire' });
  }

  kill(signal: NodeJS.Signals): void {
    this.isLeaving = true;
    this.worker.process.kill(signal);
  }

  private note(message: WorkerMessage): void {
    if (message.kind === 'started') {
      this.hasStarted = true;
      this.shutdownGraceMs = message.shutdownGraceMs;
    } else if (message.kind === 'ready') {
      this.hasBeenReady = true;
      this.said = 'ready';
    } else if (message.kind === 'beat') {
      this.said = message.state;
    } else if (message.kind === 'told') {
      this.snapshots = { ...this.snapshots, ...message.snapshots };
    }
  }
}

import type { Clock } from '../common/clock.js';
import type { WorkerCall } from './worker-call.js';
import type { ThreadEnd } from './thread-end.js';
import { WorkerThread, type ThreadObserver, type WorkerThreadInit } from './worker-thread.js';

/** Who a keeper tells. @internal */
export interface KeeperObserver extends Pick<ThreadObserver, 'hear' | 'freed'> {
  /** Its thread takes calls. @param again whether it took the place of another, and after how long */
  readonly ready: (again: { readonly costMs: number } | undefined) => void;
  /** Its thread ended without being told to; a new one is started after `delayMs`. */
  readonly ended: (end: ThreadEnd, delayMs: number, call: WorkerCall | undefined) => void;
  /** A new thread could not start; another is tried after `delayMs`. */
  readonly failed: (error: unknown, delayMs: number) => void;
}

/** @internal */
export interface ThreadKeeperInit extends Omit<WorkerThreadInit, 'observer'> {
  readonly observer: KeeperObserver;
}

const MAX_DELAY_MS = 10_000;
const FIRST_DELAY_MS = 100;

/**
 * Keeps one thread of a pool alive. A thread that ends is replaced: at once the first time, then after a delay that doubles until a task
 * has come to a good end.
 * @internal
 */
export class ThreadKeeper {
  thread: WorkerThread | undefined;
  /** Why a thread could not start, until one could. */
  lastFailure: unknown;
  private state: 'off' | 'starting' | 'live' | 'waiting' = 'off';
  private failures = 0;
  private turn = 0;
  private nextAt = 0;
  private cancel: () => void = () => undefined;
  private ending: Promise<void> | undefined;
  private readonly clock: Clock;

  constructor(private readonly init: ThreadKeeperInit) {
    this.clock = init.clock;
  }

  /** Whether its thread could not start, and the next attempt is waited for. */
  get isFailing(): boolean {
    return this.state === 'waiting' && this.lastFailure !== undefined;
  }

  get isLive(): boolean {
    return this.state === 'live';
  }

  /** Milliseconds until the next attempt. */
  get waitMs(): number {
    return Math.max(0, this.nextAt - this.clock.elapsed());
  }

  /** Resolves when the thread takes calls; rejects when it can't, and tries no more then. */
  async start(): Promise<void> {
    await this.launch(this.begin());
    this.init.observer.ready(undefined);
  }

  /** Starts a thread that was ended for want of work, and tries until there is one. */
  revive(): void {
    if (this.state === 'off') void this.relaunch();
  }

  /** Ends the thread, and starts no other. */
  async end(): Promise<void> {
    this.cancel();
    this.turn++;
    this.state = 'off';
    const { thread } = this;
    this.thread = undefined;
    if (thread) this.ending = thread.end();
    await this.ending;
  }

  /** @returns which attempt this is: one that has been overtaken has no say any more */
  private begin(): number {
    this.state = 'starting';
    return ++this.turn;
  }

  private async launch(turn: number): Promise<void> {
    await this.ending;
    if (turn !== this.turn) throw new Error('ended before it began');
    const { observer, ...init } = this.init;
    const { hear, freed } = observer;
    const thread: WorkerThread = new WorkerThread({
      ...init,
      observer: {
        hear,
        freed: (call) => {
          if (call.outcome === 'ok') this.failures = 0;
          freed(call);
        },
        ended: (end, call) => this.ended(thread, end, call),
      },
    });
    this.thread = thread;
    try {
      await thread.start();
    } catch (error) {
      await thread.end();
      throw error;
    }
    if (turn === this.turn) this.state = 'live';
  }

  private async relaunch(): Promise<void> {
    const turn = this.begin();
    const since = this.clock.elapsed();
    try {
      await this.launch(turn);
      if (turn !== this.turn) return;
      this.lastFailure = undefined;
      this.init.observer.ready({ costMs: this.clock.elapsed() - since });
    } catch (error) {
      if (turn !== this.turn) return;
      this.lastFailure = error;
      this.init.observer.failed(error, this.again());
    }
  }

  private ended(thread: WorkerThread, end: ThreadEnd, call: WorkerCall | undefined): void {
    if (this.thread !== thread) return;
    this.thread = undefined;
    // whoever cuts a task short says nothing against the worker
    const delayMs = end.cause === 'killed' ? this.afterDelay(0) : this.again();
    this.init.observer.ended(end, delayMs, call);
  }

  /** @returns the delay until the next attempt */
  private again(): number {
    this.failures++;
    return this.afterDelay(this.failures === 1 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 2)));
  }

  private afterDelay(delayMs: number): number {
    if (delayMs === 0) void this.relaunch();
    else {
      this.state = 'waiting';
      this.nextAt = this.clock.elapsed() + delayMs;
      this.cancel = this.clock.schedule(delayMs, () => void this.relaunch());
    }
    return delayMs;
  }
}

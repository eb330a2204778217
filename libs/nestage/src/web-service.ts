import { Injectable } from '@nestjs/common';
import { systemClock } from './common/clock.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { ProcessGroup } from './core/processes/process-group.js';
import { InFlightRequests } from './http/context/in-flight.js';

/**
 * The running service, to be injected or taken by `app.get(WebService)`.
 * @publicApi
 */
@Injectable()
export class WebService {
  private resolveReady!: () => void;
  private rejectReady!: (error: unknown) => void;
  private readonly ready = new Promise<void>((resolve, reject) => {
    this.resolveReady = resolve;
    this.rejectReady = reject;
  });
  private drainedBy: number | undefined;

  constructor(
    private readonly runtime: StageRuntime,
    private readonly inFlight: InFlightRequests,
    group: ProcessGroup,
  ) {
    this.ready.catch(() => undefined); // whoever waits is told; nobody has to
    group.follow(() => (runtime.isDraining ? 'draining' : runtime.isReady ? 'ready' : 'not_ready'));
  }

  /** Whether load balancers may send requests. */
  get isReady(): boolean {
    return this.runtime.isReady;
  }

  /** How many requests have not been answered yet. */
  get openRequests(): number {
    return this.inFlight.count;
  }

  /**
   * Resolves when initialization is over: everything is ready or, with `onInitializeError: 'degrade'`, has been tried once.
   * Rejects with what `initialize` threw otherwise.
   */
  whenReady(): Promise<void> {
    return this.ready;
  }

  /** @internal */
  follow(initialization: Promise<void>): void {
    initialization.then(this.resolveReady, this.rejectReady);
  }

  /**
   * Begins the end: readiness is false from now on, and connections end with their answers; requests in flight may go on for `graceMs` from the first call, then their signals
   * fire. Resolves when none is in flight, or shortly after the signals have fired. To be called again for requests that came later.
   */
  async drain(graceMs: number): Promise<void> {
    this.runtime.drain();
    this.inFlight.callLast();
    this.drainedBy ??= systemClock.elapsed() + graceMs;
    if (await this.inFlight.whenEmpty(Math.max(0, this.drainedBy - systemClock.elapsed()))) return;
    this.inFlight.abortAll('shutdown');
    await this.inFlight.whenEmpty(ABORT_GRACE_MS);
  }
}

/** How long handlers have to answer after their signals fired. */
const ABORT_GRACE_MS = 1000;

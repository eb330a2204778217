import type { Clock } from '../../common/clock.js';
import type { BreakerState } from '../../core/pipeline/failure-events.js';
import type { SharedBreaker, SharedBreakerState } from '../../core/state/shared-state.js';
import { ProbeClaim } from './probe-claim.js';
import type { ResolvedBreakerOptions } from './breaker.options.js';
import { createFailureCounter, type FailureCounter } from './failure-counter.js';

/** How a call that was let through ended; `neutral` says nothing of the model: the client was wrong, or has gone. @internal */
export type CallOutcome = 'success' | 'failure' | 'neutral';

/** Leave to call the model, given back with `settle`. @internal */
export interface CircuitPass {
  readonly isProbe: boolean;
  /** Counts changes of state: what a call of an earlier period tells is old news. */
  readonly period: number;
}

/** Told of each change. @internal */
export type CircuitObserver = (state: BreakerState, previous: BreakerState) => void;

/**
 * The state machine of a breaker. Closed, all calls pass; open, none does; half-open, exactly one, the probe, whose end decides. Nobody
 * ever waits for the probe.
 * @internal
 */
export class Circuit {
  private current: BreakerState = 'closed';
  private period = 0;
  private openedAt = 0;
  private probe: CircuitPass | undefined;
  private isForced = false;
  private readonly settled = new WeakSet<CircuitPass>();
  private readonly counter: FailureCounter;
  private shared: SharedBreaker | undefined;
  private claim: ProbeClaim | undefined;

  constructor(
    private readonly options: ResolvedBreakerOptions,
    private readonly clock: Clock,
    private readonly observer: CircuitObserver,
  ) {
    this.counter = createFailureCounter(options, clock);
  }

  /** From now on tells the other replicas what it decides, and probes only where none of them does. */
  share(shared: SharedBreaker): void {
    this.shared = shared;
    this.claim = new ProbeClaim(shared, this.clock);
  }

  /** Does as another replica has decided, and tells nobody. @param forMs how long it stays open, of `open` */
  follow(state: SharedBreakerState, forMs: number): void {
    this.isForced = state === 'held_open';
    if (state === 'closed') {
      this.counter.reset();
      return this.enter('closed');
    }
    this.openedAt = this.clock.elapsed() - (this.options.resetIntervalMs - forMs);
    this.enter('open');
  }

  get state(): BreakerState {
    return this.current;
  }

  /** Whether an operator holds it open. */
  get isForcedOpen(): boolean {
    return this.isForced;
  }

  /** Milliseconds until the next probe may go; 0 when one may, or is under way. */
  get probeInMs(): number {
    if (this.current !== 'open') return 0;
    return this.isForced ? Infinity : Math.max(0, this.openedAt + this.options.resetIntervalMs - this.clock.elapsed());
  }

  /** @returns leave to call, or `undefined` to stay away. When it is time for a probe, the first who asks is it. */
  admit(): CircuitPass | undefined {
    if (this.current === 'closed') return { isProbe: false, period: this.period };
    if (this.current === 'open') {
      if (this.probeInMs > 0 || this.claim?.isOurs() === false) return undefined;
      this.enter('half_open');
    }
    if (this.probe) return undefined;
    this.probe = { isProbe: true, period: this.period };
    return this.probe;
  }

  /** The first outcome of a pass counts, later ones don't. */
  settle(pass: CircuitPass, outcome: CallOutcome): void {
    if (pass.period !== this.period || this.settled.has(pass)) return;
    this.settled.add(pass);
    if (pass.isProbe) this.settleProbe(outcome);
    else if (outcome === 'success') this.counter.success();
    else if (outcome === 'failure') this.recordError();
  }

  /** Counts an error that was met elsewhere; it matters while the breaker is closed. */
  recordError(): void {
    if (this.current === 'closed' && this.counter.failure()) this.open();
  }

  /** Closes it and forgets all errors. */
  reset(): void {
    this.isForced = false;
    this.counter.reset();
    if (this.current !== 'closed') this.shared?.tell('closed', 0);
    this.enter('closed');
  }

  /** Opens it until `reset`; no probes are sent. */
  forceOpen(): void {
    this.isForced = true;
    this.open();
  }

  private settleProbe(outcome: CallOutcome): void {
    this.probe = undefined;
    if (outcome === 'success') this.reset();
    else if (outcome === 'failure') this.open();
  }

  private open(): void {
    this.openedAt = this.clock.elapsed();
    this.shared?.tell(this.isForced ? 'held_open' : 'open', this.options.resetIntervalMs);
    this.enter('open');
  }

  private enter(state: BreakerState): void {
    const previous = this.current;
    if (state === previous) return;
    this.current = state;
    this.period++;
    this.probe = undefined;
    this.claim?.drop();
    this.observer(state, previous);
  }
}

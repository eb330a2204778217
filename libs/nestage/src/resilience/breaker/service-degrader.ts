import type { BreakerState } from '../../core/pipeline/failure-events.js';
import type { Breakers } from './breakers.js';
import type { Circuit } from './circuit.js';

/**
 * The breakers of the service by the path of their route, for code and operators that know more than the answers of `run` tell.
 *
 * @example
 * ```ts
 * constructor(private readonly degrader: ServiceDegrader) {}
 *
 * onProviderIncident() { this.degrader.forceOpen('/v1/summaries'); }
 * onProviderRecovered() { this.degrader.release('/v1/summaries'); }
 * ```
 * @publicApi
 */
export class ServiceDegrader {
  constructor(private readonly breakers: Breakers) {}

  /** Whether requests on this path are kept from `run` now. False for a path without a breaker. */
  shouldDegrade(path: string): boolean {
    return this.breakers.at(path).some(({ state, probeInMs }) => state === 'half_open' || (state === 'open' && probeInMs > 0));
  }

  /** State of a path's breaker; the worst where it has one for each of several methods. `undefined` without any. */
  stateOf(path: string): BreakerState | undefined {
    const states = this.breakers.at(path).map(({ state }) => state);
    return (['open', 'half_open', 'closed'] as const).find((state) => states.includes(state));
  }

  /** Counts an error that was met outside of `run`. @throws Error for a path without a breaker */
  recordError(path: string): void {
    for (const circuit of this.existing(path)) circuit.recordError();
  }

  /** Closes the breaker and forgets its errors. @throws Error for a path without a breaker */
  reset(path: string): void {
    for (const circuit of this.existing(path)) circuit.reset();
  }

  /** Opens the breaker until `release` or `reset`; no probes are sent. @throws Error for a path without a breaker */
  forceOpen(path: string): void {
    for (const circuit of this.existing(path)) circuit.forceOpen();
  }

  /** Ends `forceOpen`: the breaker is closed and counts anew. One that opened by itself stays as it is. @throws Error as above */
  release(path: string): void {
    for (const circuit of this.existing(path)) if (circuit.isForcedOpen) circuit.reset();
  }

  private existing(path: string): readonly Circuit[] {
    const circuits = this.breakers.at(path);
    if (circuits.length > 0) return circuits;
    throw new Error(`No route '${path}' has a breaker: give its handler { breaker: true } and name the path as in @StageHandler.`);
  }
}

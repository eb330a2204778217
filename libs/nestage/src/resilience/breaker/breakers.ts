import type { Clock } from '../../common/clock.js';
import { routeKey, routeLabel, type StageRoute } from '../../core/discovery/stage-route.js';
import type { HealthCheckResult } from '../../core/health/health-check.js';
import type { HealthService } from '../../core/health/health.service.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { BreakerState } from '../../core/pipeline/failure-events.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { SharedBreakers } from '../../core/state/shared-state.js';
import { resolveBreakerOptions } from './breaker.options.js';
import { Circuit } from './circuit.js';

/** @internal */
export interface BreakersInit {
  readonly runtime: StageRuntime;
  readonly health: HealthService;
  readonly events: StageEvents;
  readonly log: LogWriter;
  readonly clock: Clock;
  /** What the replicas have in common, if they have. */
  readonly shared: SharedBreakers | undefined;
}

/**
 * The breakers of all routes that ask for one; their states are told to the log, the health report and whoever listens.
 * @internal
 */
export class Breakers {
  private readonly byRoute = new Map<StageRoute, Circuit | undefined>();

  constructor(private readonly init: BreakersInit) {}

  /** An open breaker makes the service degraded, under `breaker:<path>`. */
  onApplicationBootstrap(): void {
    const paths = this.init.runtime.routes.filter(({ route }) => this.of(route)).map(({ route }) => route.path);
    for (const path of new Set(paths)) {
      this.init.health.add({ name: `breaker:${path}`, critical: false, check: () => healthOf(this.at(path)) });
    }
  }

  /** `undefined` for a route without a breaker. */
  of(route: StageRoute): Circuit | undefined {
    if (!this.byRoute.has(route)) this.byRoute.set(route, this.create(route));
    return this.byRoute.get(route);
  }

  /** Those on a path: one for each method that has one. */
  at(path: string): readonly Circuit[] {
    const routes = this.init.runtime.routes.filter(({ route }) => route.path === path);
    return routes.map(({ route }) => this.of(route)).filter((circuit) => circuit !== undefined);
  }

  /** Whether calls pass freely; a half-open breaker lets its probe through once, and no retry. */
  isClosed(route: StageRoute): boolean {
    return (this.of(route)?.state ?? 'closed') === 'closed';
  }

  private create(route: StageRoute): Circuit | undefined {
    const options = resolveBreakerOptions(route.options.breaker);
    if (!options) return undefined;
    const circuit = new Circuit(options, this.init.clock, (state, previous) => this.tell(route, state, previous));
    const shared = this.init.shared?.join(routeKey(route), (state, forMs) => circuit.follow(state, forMs));
    if (shared) circuit.share(shared);
    return circuit;
  }

  private tell(route: StageRoute, state: BreakerState, previous: BreakerState): void {
    this.init.log.write(
      state === 'open' ? 'WARNING' : 'INFO',
      `Breaker of ${routeLabel(route.handler, route.path)}: ${previous} -> ${state}`,
    );
    this.init.events.emit({ type: 'breaker.state', route: route.path, state, previous });
  }
}

function healthOf(circuits: readonly Circuit[]): HealthCheckResult {
  const worst = circuits.find(({ state }) => state === 'open') ?? circuits.find(({ state }) => state === 'half_open');
  if (!worst) return { status: 'healthy', details: { state: 'closed' } };
  const { state, isForcedOpen, probeInMs } = worst;
  const next = isForcedOpen ? 'held open' : `next probe in ${Math.ceil(probeInMs / 1000)} s`;
  return { status: 'degraded', reason: state === 'open' ? `open, ${next}` : 'half-open, probing', details: { state } };
}

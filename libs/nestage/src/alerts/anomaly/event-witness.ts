import type { BreakerState } from '../../core/pipeline/failure-events.js';
import type { StageEventListener, StageEventType } from '../../core/pipeline/stage-events.js';
import type { ChangeWitness } from './change-witness.js';

/** Intervals that are looked back at. */
const LOOK_BACK = 10;

const TEXTS = {
  'admission.refused': 'requests were refused because the waiting room was full',
  'admission.reclaimed': 'permits were taken back from work that ignores its signal',
  retry: 'attempts were repeated',
  degraded: 'requests were answered by a fallback',
  late_result: 'results came after their request was over',
} as const;

type Counted = keyof typeof TEXTS;

/** What is witnessed. @internal */
export const WITNESSED_EVENTS = ['breaker.state', ...(Object.keys(TEXTS) as Counted[])] as const satisfies readonly StageEventType[];

/** @internal */
export type WitnessedEvent = Parameters<StageEventListener<(typeof WITNESSED_EVENTS)[number]>>[0];

interface Route {
  breaker: BreakerState;
  readonly counts: Partial<Record<Counted, number>>[];
}

/** Tells what rooms said about the stages lately: a breaker's state, refusals, retries, fallbacks, late results. @internal */
export class EventWitness implements ChangeWitness {
  private readonly routes = new Map<string, Route>();

  /** Routes are bounded: they are the paths as given to `@StageHandler`. */
  record(event: WitnessedEvent): void {
    const route = this.routeOf(event.route);
    if (event.type === 'breaker.state') route.breaker = event.state;
    else route.counts[0][event.type] = (route.counts[0][event.type] ?? 0) + 1;
  }

  tick(): void {
    for (const { counts } of this.routes.values()) {
      counts.unshift({});
      if (counts.length > LOOK_BACK) counts.pop();
    }
  }

  changes(path: string): readonly string[] {
    const route = this.routes.get(path);
    if (!route) return [];
    const { breaker, counts } = route;
    const told = (Object.keys(TEXTS) as Counted[])
      .map((type) => ({ type, count: counts.reduce((sum, each) => sum + (each[type] ?? 0), 0) }))
      .filter(({ count }) => count > 0)
      .map(({ type, count }) => `${count} ${TEXTS[type]}`);
    return breaker === 'closed' ? told : [`the breaker is ${breaker === 'open' ? 'open' : 'half open'}`, ...told];
  }

  private routeOf(path: string): Route {
    const known = this.routes.get(path);
    if (known) return known;
    const route: Route = { breaker: 'closed', counts: [{}] };
    this.routes.set(path, route);
    return route;
  }
}

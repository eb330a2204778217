import type { Clock } from '../../common/clock.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { AdmissionDefaults } from '../../core/pipeline/admission-defaults.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageAround, StageCall, StageMiddleware, StageNext } from '../../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { ADMISSION_CHECKS } from './admission.options.js';
import { Admission } from './admission.js';
import { HeldPermit } from './held-permit.js';
import type { AdmissionState } from './admission-state.js';

/** @internal */
export interface AdmissionMiddlewareInit {
  readonly plugins: StagePlugins;
  readonly claims: OptionClaims;
  readonly runtime: StageRuntime;
  readonly events: StageEvents;
  readonly state: AdmissionState;
  readonly defaults: AdmissionDefaults;
  readonly clock: Clock;
}

/**
 * Lets so many requests into `run` at once, has so many wait, and refuses the rest.
 * @internal
 */
export class AdmissionMiddleware implements StageMiddleware {
  readonly slot = 'admission';
  private readonly byRoute = new Map<StageRoute, Admission>();

  constructor(private readonly init: AdmissionMiddlewareInit) {
    init.claims.claim({ handler: ADMISSION_CHECKS });
    init.plugins.use(this);
  }

  /** Gauges are there before the first request. */
  onApplicationBootstrap(): void {
    for (const { route } of this.init.runtime.routes) this.admissionOf(route);
  }

  attach(route: StageRoute): StageAround {
    const admission = this.admissionOf(route);
    return (call, next) => {
      const entering = admission.enter(call.context);
      return entering instanceof HeldPermit ? holding(entering, call, next) : entering.then((permit) => holding(permit, call, next));
    };
  }

  private admissionOf(route: StageRoute): Admission {
    const known = this.byRoute.get(route);
    if (known) return known;
    const admission = new Admission(this.withDefault(route), this.init.events, this.init.clock);
    this.byRoute.set(route, admission);
    this.init.state.add(route.path, admission);
    return admission;
  }

  /** A room that gathers requests needs more of them let in than the usual number. */
  private withDefault(route: StageRoute): StageRoute {
    const { options } = route;
    return { ...route, options: { ...options, concurrency: options.concurrency ?? this.init.defaults.concurrencyOf(route) } };
  }
}

/** The permit goes back when the work has really ended: a promise when it settles, a stream when its source rests. */
function holding(permit: HeldPermit, { input }: StageCall, next: StageNext): unknown {
  let value: unknown;
  try {
    value = next(input);
  } catch (error) {
    permit.release(error ?? null);
    throw error;
  }
  return isPromiseLike(value) ? later(permit, value) : given(permit, value);
}

/** What only promises need is apart, so that a call without any makes no closures. */
function later(permit: HeldPermit, value: PromiseLike<unknown>): Promise<unknown> {
  permit.watch();
  return Promise.resolve(value).then(
    (result) => given(permit, result),
    (error: unknown) => {
      permit.release(error ?? null);
      throw error;
    },
  );
}

function given(permit: HeldPermit, value: unknown): unknown {
  if (value instanceof StageStream) {
    permit.watch();
    value.observe({ rest: () => permit.release() });
  } else permit.release();
  return value;
}

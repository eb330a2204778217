import type { Clock } from '../../common/clock.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { ValidationError } from '../../core/errors/service-errors.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { RequestOpening, RequestOpenings } from '../../core/pipeline/request-openings.js';
import type { StageAround, StageCall, StageMiddleware } from '../../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { DEADLINE_CHECKS, type DeadlineOptions, resolveDeadlineOptions } from './deadline.options.js';
import { DeadlineTimer } from './deadline-timer.js';
import { StreamDeadline } from './stream-deadline.js';

/** Request header by which a client asks for less time than the route allows. @internal */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

const TIMER = Symbol('nestage:deadline-timer');

/**
 * Bounds each request in time: one timer from the opening of its context to its answer, which a stream goes on with in its own way.
 * @internal
 */
export class DeadlineMiddleware implements StageMiddleware {
  readonly slot = 'observe';

  constructor(
    { plugins, openings, claims }: { readonly plugins: StagePlugins; readonly openings: RequestOpenings; readonly claims: OptionClaims },
    private readonly clock: Clock,
  ) {
    claims.claim({ handler: DEADLINE_CHECKS });
    plugins.use(this);
    openings.use({ attach: (route) => this.opening(route) } satisfies RequestOpening);
  }

  attach(route: StageRoute): StageAround {
    const limits = resolveDeadlineOptions(route.options);
    return (call, next) => {
      const result = next(call.input);
      if (call.stage === 'preProcess') return result;
      return isPromiseLike(result) ? this.settleLater(limits, call, result) : this.settle(limits, call, result);
    };
  }

  /** @returns the value */
  private settle(limits: DeadlineOptions, { stage, context }: StageCall, value: unknown): unknown {
    if (value instanceof StageStream) {
      timerOf(context)?.clear();
      value.observe(new StreamDeadline(this.clock, limits, () => context.abort('deadline')));
    } else if (stage === 'postProcess') timerOf(context)?.clear();
    return value;
  }

  private settleLater(limits: DeadlineOptions, call: StageCall, result: PromiseLike<unknown>): Promise<unknown> {
    return Promise.resolve(result).then((value) => this.settle(limits, call, value));
  }

  private opening(route: StageRoute): (context: RequestContext) => void {
    const { timeoutMs } = resolveDeadlineOptions(route.options);
    return (context) => {
      const asked = askedTimeoutMs(context) ?? route.protocol.askedTimeoutMs?.(context.headers);
      context.isDeadlineShortened = asked !== undefined && asked < timeoutMs;
      const leftMs = Math.min(asked ?? timeoutMs, timeoutMs) - (this.clock.elapsed() - context.startedAt);
      context.deadline = this.clock.now() + Math.max(0, Math.ceil(leftMs));
      (timerOf(context) ?? this.addTimer(context)).set(leftMs);
    };
  }

  private addTimer(context: RequestContext): DeadlineTimer {
    const timer = new DeadlineTimer(this.clock, () => context.abort('deadline'));
    context.state.set(TIMER, timer); // a WeakMap by context would take half a microsecond, and work at every garbage collection
    context.onDispose(() => timer.clear());
    return timer;
  }
}

const timerOf = ({ state }: RequestContext): DeadlineTimer | undefined => state.get(TIMER) as DeadlineTimer | undefined;

/** @throws ValidationError for anything but a positive integer */
function askedTimeoutMs({ headers }: RequestContext): number | undefined {
  const asked = headers[TIMEOUT_HEADER];
  if (asked === undefined) return undefined;
  if (typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked)) return Number(asked);
  throw new ValidationError(`The header ${TIMEOUT_HEADER} must be a positive integer of milliseconds`, {
    fields: [{ field: TIMEOUT_HEADER, messages: ['must be a positive integer of milliseconds'] }],
  });
}

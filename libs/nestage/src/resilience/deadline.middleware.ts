import type { Clock } from '../common/clock.js';
import { isPromiseLike } from '../common/type-guards.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { ValidationError } from '../core/errors/service-errors.js';
import type { OptionClaims } from '../core/options/option-claims.js';
import type { RequestOpening, RequestOpenings } from '../core/pipeline/request-openings.js';
import type { StageAround, StageMiddleware } from '../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { DEADLINE_CHECKS, resolveDeadlineOptions } from './deadline.options.js';
import { DeadlineTimer } from './deadline-timer.js';
import { StreamDeadline } from './stream-deadline.js';

/** Request header by which a client asks for less time than the route allows. @internal */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

/**
 * Bounds each request in time: one timer from the opening of its context to its answer, which a stream goes on with in its own way.
 * @internal
 */
export class DeadlineMiddleware implements StageMiddleware {
  readonly slot = 'observe';
  private readonly timers = new WeakMap<RequestContext, DeadlineTimer>();

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
    return ({ stage, input, context }, next) => {
      const result = next(input);
      if (stage === 'preProcess') return result;
      const settle = (value: unknown): unknown => {
        if (value instanceof StageStream) {
          this.timers.get(context)?.clear();
          value.observe(new StreamDeadline(this.clock, limits, () => context.abort('deadline')));
        } else if (stage === 'postProcess') this.timers.get(context)?.clear();
        return value;
      };
      return isPromiseLike(result) ? Promise.resolve(result).then(settle) : settle(result);
    };
  }

  private opening(route: StageRoute): (context: RequestContext) => void {
    const { timeoutMs } = resolveDeadlineOptions(route.options);
    return (context) => {
      const asked = askedTimeoutMs(context) ?? route.protocol.askedTimeoutMs?.(context.headers);
      context.isDeadlineShortened = asked !== undefined && asked < timeoutMs;
      const leftMs = Math.min(asked ?? timeoutMs, timeoutMs) - (this.clock.elapsed() - context.startedAt);
      context.deadline = this.clock.now() + Math.max(0, Math.ceil(leftMs));
      this.timerOf(context).set(leftMs);
    };
  }

  private timerOf(context: RequestContext): DeadlineTimer {
    const known = this.timers.get(context);
    if (known) return known;
    const timer = new DeadlineTimer(this.clock, () => context.abort('deadline'));
    this.timers.set(context, timer);
    context.onDispose(() => timer.clear());
    return timer;
  }
}

/** @throws ValidationError for anything but a positive integer */
function askedTimeoutMs({ headers }: RequestContext): number | undefined {
  const asked = headers[TIMEOUT_HEADER];
  if (asked === undefined) return undefined;
  if (typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked)) return Number(asked);
  throw new ValidationError(`The header ${TIMEOUT_HEADER} must be a positive integer of milliseconds`, {
    fields: [{ field: TIMEOUT_HEADER, messages: ['must be a positive integer of milliseconds'] }],
  });
}

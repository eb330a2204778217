import type { Clock } from '../../common/clock.js';
import { TimeoutQueue } from '../../common/timeout-queue.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { ValidationError } from '../../core/errors/service-errors.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { RequestOpening, RequestOpenings } from '../../core/pipeline/request-openings.js';
import type { StageObserver } from '../../core/pipeline/stage-observer.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import { StageStream } from '../../core/pipeline/stage-stream.js';
import { DEADLINE_CHECKS, resolveDeadlineOptions } from './deadline.options.js';
import { startTimer } from './deadline-timer.js';
import { StreamDeadline } from './stream-deadline.js';

/** Request header by which a client asks for less time than the route allows. @internal */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

/**
 * Bounds each request in time: one timer from the opening of its context to its answer, which a stream goes on with in its own way.
 * @internal
 */
export class Deadlines {
  constructor(
    { plugins, openings, claims }: { readonly plugins: StagePlugins; readonly openings: RequestOpenings; readonly claims: OptionClaims },
    private readonly clock: Clock,
  ) {
    claims.claim({ handler: DEADLINE_CHECKS });
    plugins.observe((route) => this.observer(route));
    openings.use({ attach: (route) => this.opening(route) } satisfies RequestOpening);
  }

  private observer(route: StageRoute): StageObserver {
    const { clock } = this;
    const init = { clock, limits: resolveDeadlineOptions(route.options), queue: new TimeoutQueue(clock) };
    return {
      settled: ({ stage, context }, value) => {
        if (value instanceof StageStream) {
          context.expiry?.clear();
          value.observe(new StreamDeadline(init, context));
        } else if (stage === 'postProcess') context.expiry?.clear();
      },
    };
  }

  private opening(route: StageRoute): (context: RequestContext) => void {
    const { timeoutMs } = resolveDeadlineOptions(route.options);
    const queue = new TimeoutQueue(this.clock);
    return (context) => {
      const asked = askedTimeoutMs(context) ?? route.protocol.askedTimeoutMs?.(context.headers);
      context.isDeadlineShortened = asked !== undefined && asked < timeoutMs;
      const dueAt = context.startedAt + Math.min(asked ?? timeoutMs, timeoutMs);
      const leftMs = dueAt - this.clock.elapsed();
      context.deadline = this.clock.now() + Math.max(0, Math.ceil(leftMs));
      context.expiry?.clear();
      const expire = (): void => context.abort('deadline');
      // What clients choose has a timer of its own: among those of one length each is the last, and finds its place at once.
      if (leftMs > 0 && !context.isDeadlineShortened) context.expiry = queue.add(dueAt, expire);
      else context.expiry = startTimer(this.clock, leftMs, expire);
    };
  }
}

function askedTimeoutMs({ headers }: RequestContext): number | undefined {
  const asked = headers[TIMEOUT_HEADER];
  if (asked === undefined) return undefined;
  if (typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked)) return Number(asked);
  throw new ValidationError(`The header ${TIMEOUT_HEADER} must be a positive integer of milliseconds`, {
    fields: [{ field: TIMEOUT_HEADER, messages: ['must be a positive integer of milliseconds'] }],
  });
}

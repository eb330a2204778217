import { delay } from '../../common/abort.js';
import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { describeThrown } from '../../core/errors/describe-thrown.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { RetryEvent } from '../../core/pipeline/failure-events.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageAround, StageMiddleware } from '../../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import type { Breakers } from '../breaker/breakers.js';
import { isRetryable } from './is-retryable.js';
import { retryDelayMs } from './retry-delay.js';
import { type ResolvedRetryOptions, resolveRetryOptions, RETRY_CHECKS } from './retry.options.js';
import { upstreamAnswerOf } from '../upstream-answer.js';

/** @internal */
export interface RetryMiddlewareInit {
  readonly plugins: StagePlugins;
  readonly claims: OptionClaims;
  readonly events: StageEvents;
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** @default Math.random: it spreads waits and guards nothing */
  readonly random?: () => number;
}

/**
 * Tries a failed `run` again. A stream that has been opened is a success, whatever becomes of it, so nothing is sent twice.
 * @internal
 */
export class RetryMiddleware implements StageMiddleware {
  readonly slot = 'retry';

  constructor(private readonly init: RetryMiddlewareInit) {
    init.claims.claim({ handler: RETRY_CHECKS });
    init.plugins.use(this);
  }

  attach(route: StageRoute): StageAround | undefined {
    const options = resolveRetryOptions(route.options.retry);
    if (!options || options.attempts === 1) return undefined;
    return async ({ input, context }, next) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await next(input);
        } catch (error) {
          const delayMs = this.delayAfter(error, attempt, route, options, context);
          if (delayMs === undefined) throw error;
          this.tell({ error, attempt, delayMs, attempts: options.attempts }, route, context);
          await delay(delayMs, context.signal, this.init.clock);
          if (!this.init.breakers.isClosed(route)) throw error;
        }
      }
    };
  }

  /** @returns `undefined` where no further attempt is worth it */
  private delayAfter(
    error: unknown,
    attempt: number,
    route: StageRoute,
    options: ResolvedRetryOptions,
    context: RequestContext,
  ): number | undefined {
    const { clock, breakers, random = Math.random } = this.init;
    if (attempt >= options.attempts || context.abortedBy || !breakers.isClosed(route)) return undefined;
    if (!(options.retryOn ?? isRetryable)(error)) return undefined;
    const delayMs = retryDelayMs(attempt, options, upstreamAnswerOf(error).retryAfterSeconds, random);
    const isPastDeadline = context.deadline !== undefined && clock.now() + delayMs >= context.deadline;
    return isPastDeadline ? undefined : delayMs;
  }

  private tell(failed: Pick<RetryEvent, 'error' | 'attempt' | 'attempts' | 'delayMs'>, route: StageRoute, context: RequestContext): void {
    const { type, message } = describeThrown(failed.error);
    context.logger.warn(`Retry ${failed.attempt}/${failed.attempts}: ${type}: ${message} (next attempt in ${failed.delayMs} ms)`);
    this.init.events.emit({ type: 'retry', route: route.path, context, ...failed });
  }
}

import { isPromiseLike } from '../../common/type-guards.js';
import type { FoundRoute } from '../../core/discovery/stage-explorer.js';
import { StartFaultError } from '../../core/discovery/start-fault.js';
import { routeLabel, type StageRoute } from '../../core/discovery/stage-route.js';
import { describeThrown } from '../../core/errors/describe-thrown.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import { FinishedResult } from '../../core/pipeline/finished-result.js';
import type { DegradedEvent } from '../../core/pipeline/failure-events.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageCall } from '../../core/pipeline/stage-middleware.js';
import { openStream } from '../../core/pipeline/compose-stage.js';
import type { StagePipelines } from '../../core/pipeline/stage-pipelines.js';
import type { StageLifecycle } from '../../core/stage/stage-lifecycle.js';

/** Answers a request in place of its `run`; without any fallback, or when that fails too, fails with the given error. @internal */
export type Degrade = (call: StageCall, error: unknown, reason: DegradedEvent['reason']) => unknown;

/** Response header of answers that are not the model's own. @internal */
export const DEGRADED_HEADER = 'x-degraded';

/** @internal */
export interface FallbacksInit {
  readonly runtime: StageRuntime;
  readonly pipelines: StagePipelines;
  readonly events: StageEvents;
}

/**
 * What answers in place of a `run` that must not or did not answer: the handler's own `fallback`, else the handler named by `fallbackTo`.
 * @internal
 */
export class Fallbacks {
  constructor(private readonly init: FallbacksInit) {}

  /** @throws StartFaultError naming what can't work */
  onModuleInit(): void {
    const faults = this.init.runtime.routes.flatMap((found) => faultsOf(found, this.init.runtime.routes));
    if (faults.length > 0) throw new StartFaultError([...new Set(faults)]);
  }

  attach(route: StageRoute): Degrade {
    const target = this.init.runtime.routes.find(({ type }) => type === route.options.fallbackTo);
    return (call, error, reason) => {
      const by = call.handler.fallback ? 'fallback' : 'fallbackTo';
      if (by === 'fallbackTo' && !target) throw error;
      const told = (value: unknown): unknown => {
        this.tell({ type: 'degraded', route: route.path, context: call.context, by, reason });
        return value;
      };
      const failed = (failure: unknown): never => fail(call, error, failure);
      try {
        const answer = call.handler.fallback ? ownFallback(route, call, error) : this.handOn(call, target as FoundRoute);
        return isPromiseLike(answer) ? Promise.resolve(answer).then(told, failed) : told(answer);
      } catch (failure) {
        return failed(failure);
      }
    };
  }

  /** With all that surrounds the other handler: its own admission, breaker, retries. */
  private async handOn({ input, context }: StageCall, { route, wrapper }: FoundRoute): Promise<FinishedResult> {
    this.init.runtime.assertReady(route.handler);
    return new FinishedResult(await this.init.pipelines.of(route).resume(input, context, wrapper.instance as StageLifecycle));
  }

  private tell(event: DegradedEvent): void {
    event.context?.response.setHeader(DEGRADED_HEADER, 'true');
    event.context?.logger.warn(`Degraded: answered by ${event.by}, ${event.reason === 'open' ? 'the breaker is open' : 'run has failed'}`);
    this.init.events.emit(event);
  }
}

/** In place of `run` in every way: within what the route's protocol does around that. */
function ownFallback({ protocol }: StageRoute, { handler, input, context }: StageCall, error: unknown): unknown {
  const answer = (given: unknown): unknown => handler.fallback?.(given, error, context);
  return openStream(protocol.run ? protocol.run(input, context, answer) : answer(input), context);
}

/** The first error tells more than that its remedy failed as well. */
function fail({ context }: StageCall, error: unknown, failure: unknown): never {
  if (context.abortedBy) throw context.abortedBy;
  const { type, message } = describeThrown(failure);
  if (failure !== error) context.logger.warn(`Fallback failed: ${type}: ${message}`);
  throw error;
}

function faultsOf({ route, type }: FoundRoute, routes: readonly FoundRoute[]): string[] {
  const { fallbackTo, fallbackOn, breaker } = route.options;
  if (!fallbackTo) return [];
  const label = routeLabel(type, route.path);
  const target = routes.find((each) => each.type === fallbackTo);
  if (!target)
    return [`${label}: "fallbackTo" names ${fallbackTo.name}, which is no handler of this app: add it to the providers of a module.`];
  if (!target.wrapper.isDependencyTreeStatic())
    return [`${label}: "fallbackTo" names ${fallbackTo.name}, which is request-scoped: name another handler.`];
  if (!breaker && fallbackOn !== 'error')
    return [`${label}: "fallbackTo" would never be used: give { breaker: true } or { fallbackOn: 'error' } with it.`];
  return isCycle(route, routes) ? [`${label}: "fallbackTo" leads back to ${type.name}: end the chain with a handler that names none.`] : [];
}

function isCycle(start: StageRoute, routes: readonly FoundRoute[]): boolean {
  const seen = new Set<StageRoute>();
  for (let each: StageRoute | undefined = start; each;) {
    if (seen.has(each)) return true;
    seen.add(each);
    const { fallbackTo }: { fallbackTo?: unknown } = each.options;
    each = fallbackTo === undefined ? undefined : routes.find(({ type }) => type === fallbackTo)?.route;
  }
  return false;
}

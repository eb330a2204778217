import { isAsyncIterable, isPromiseLike } from '../../common/type-guards.js';
import type { RequestContext } from '../context/request-context.js';
import { type LateEnd, untilAborted } from '../context/until-aborted.js';
import type { StageRoute } from '../discovery/stage-route.js';
import { toBinaryResult } from '../stage/binary-result.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import type { StageEvents } from './stage-events.js';
import type { StageAround, StageCall, StageMiddleware, StageName, StageSlot } from './stage-middleware.js';
import { StageStream } from './stage-stream.js';

/** One stage of one route, with what surrounds it. @internal */
export type Stage = (input: unknown, context: RequestContext, handler: StageLifecycle) => unknown;

/**
 * A stream becomes a `StageStream` at once, inside all middleware: a failure before its first item is a failure of `run`.
 * @internal
 */
export function openStream(result: unknown, context: RequestContext): unknown {
  if (isPromiseLike(result)) return Promise.resolve(result).then((value) => openStream(value, context));
  if (isAsyncIterable(result) && !toBinaryResult(result)) return StageStream.open(result, context);
  return result;
}

/** What surrounds a route in those slots, outermost first. @internal */
export function attach(
  route: StageRoute,
  middleware: readonly StageMiddleware[],
  isWanted: (slot: StageSlot) => boolean,
): readonly StageAround[] {
  return middleware
    .filter(({ slot }) => isWanted(slot))
    .map((each) => each.attach(route))
    .filter((around) => around !== undefined);
}

/** A stage with all that surrounds it. All of them are told by one object, as long as none changes what it says. @internal */
export function compose(stage: StageName, around: readonly StageAround[], innermost: Stage): Stage {
  if (around.length === 0) return innermost;
  const enter = (depth: number, call: StageCall): unknown => {
    if (depth === around.length) return innermost(call.input, call.context, call.handler);
    return around[depth](call, (input, context = call.context) =>
      enter(depth + 1, input === call.input && context === call.context ? call : { ...call, input, context }),
    );
  };
  return (input, context, handler) => enter(0, { stage, input, context, handler });
}

/**
 * Stands inside the observers, so that they see the abort at once, and outside all else, which sees how the work really ends.
 * @internal
 */
export function abandoning(stage: StageName, { path }: StageRoute, events: StageEvents, inner: Stage): Stage {
  return (input, context, handler) => {
    const result = inner(input, context, handler);
    if (!isPromiseLike(result)) return result;
    return untilAborted(result, context, (end) => {
      if (dropLate(end, stage, context))
        events.emit({ type: 'late_result', route: path, context, stage, outcome: end.outcome, lateMs: end.lateMs });
    });
  };
}

/** @returns whether there was anything to drop */
function dropLate({ outcome, result, lateMs }: LateEnd, stage: StageName, context: RequestContext): boolean {
  if (result instanceof StageStream) result.discard();
  const { abortedBy: reason } = context;
  if (!reason || (outcome === 'error' && isStop(result, reason))) return false;
  context.logger.warn(`Late ${outcome} of ${stage} dropped, ${lateMs.toFixed(0)} ms after the request ended (${reason.abortCause})`);
  return true;
}

/** Whether a stage ended because it was told to. */
function isStop(thrown: unknown, reason: Error): boolean {
  const { name, cause } = (thrown ?? {}) as { name?: unknown; cause?: unknown };
  return thrown === reason || cause === reason || name === 'AbortError';
}

import { andThen } from '../../common/and-then.js';
import { isAsyncIterable, isPromiseLike } from '../../common/type-guards.js';
import type { RequestContext } from '../context/request-context.js';
import { type LateEnd, untilAborted } from '../context/until-aborted.js';
import { toBinaryResult } from '../stage/binary-result.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import type { StageRoute } from '../discovery/stage-route.js';
import { FinishedResult } from './finished-result.js';
import type { StageEvents } from './stage-events.js';
import type { StageAround, StageMiddleware, StageName } from './stage-middleware.js';
import type { StagePlugins } from './stage-plugins.js';
import { StageStream } from './stage-stream.js';

type Stage = (input: unknown, context: RequestContext, handler: StageLifecycle) => unknown;

/**
 * Takes a validated request through the stages of one route: preProcess, run, postProcess, each with its middleware around it.
 * Composed once at start; a request costs no look-ups. A stage that ignores the abort of its request is left behind: the request is
 * over at once, and what the stage gives later is dropped.
 * @internal
 */
export class StagePipeline {
  private readonly preProcess: Stage;
  private readonly run: Stage;
  private readonly postProcess: Stage;

  constructor(route: StageRoute, plugins: StagePlugins, events: StageEvents) {
    const middleware = plugins.inOrder();
    const observers = attach(
      route,
      middleware.filter(({ slot }) => slot === 'observe'),
    );
    const aroundRun = attach(
      route,
      middleware.filter(({ slot }) => slot !== 'observe'),
    );
    const outer = [...observers, abandoning(route, events)];
    this.preProcess = compose('preProcess', outer, (input, context, handler) =>
      handler.preProcess ? handler.preProcess(input, context) : input,
    );
    const run = innermostRun(route, plugins);
    this.run = compose('run', [...outer, ...aroundRun], (input, context, handler) => openStream(run(input, context, handler), context));
    this.postProcess = compose('postProcess', outer, (result, context, handler) =>
      handler.postProcess ? handler.postProcess(result, context) : result,
    );
  }

  /**
   * @returns the response: a value, binary data, or an AsyncIterable of items that `postProcess` is applied to as they are read
   */
  async execute(request: unknown, context: RequestContext, handler: StageLifecycle): Promise<unknown> {
    return this.proceed(request, context, handler);
  }

  /** As `execute`; what needs no waiting comes without a promise, and fails at once. */
  proceed(request: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    if (context.abortedBy) throw context.abortedBy;
    return andThen(this.preProcess(request, context, handler), (input) => this.resume(unlessAborted(input, context), context, handler));
  }

  /** As `proceed`, from a prepared input on. */
  resume(input: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    return andThen(this.run(input, context, handler), (result) => this.finish(unlessAborted(result, context), context, handler));
  }

  private finish(result: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    if (result instanceof FinishedResult) return result.value;
    if (result instanceof StageStream) return this.mapItems(result, context, handler);
    return andThen(this.postProcess(result, context, handler), (value) => unlessAborted(value, context));
  }

  private async *mapItems(stream: StageStream, context: RequestContext, handler: StageLifecycle): AsyncGenerator<unknown, void, void> {
    for await (const item of stream) {
      const mapped = handler.postProcess ? handler.postProcess(item, context) : item;
      yield isPromiseLike(mapped) ? await untilAborted(mapped, context) : mapped;
    }
  }
}

/**
 * A stream becomes a `StageStream` at once, inside all middleware: a failure before its first item is a failure of `run`.
 * @internal
 */
export function openStream(result: unknown, context: RequestContext): unknown {
  if (isPromiseLike(result)) return Promise.resolve(result).then((value) => openStream(value, context));
  if (isAsyncIterable(result) && !toBinaryResult(result)) return StageStream.open(result, context);
  return result;
}

/** The handler's own `run`, or what runs in its place, within what the route's protocol does around it. */
function innermostRun(route: StageRoute, plugins: StagePlugins): Stage {
  const { protocol } = route;
  const runner = plugins.runnerOf(route);
  const run: Stage = runner ? (input, context) => runner.run(input, context) : (input, context, handler) => handler.run(input, context);
  if (!protocol.run) return run;
  return (input, context, handler) => protocol.run?.(input, context, (again) => run(again, context, handler));
}

function attach(route: StageRoute, middleware: readonly StageMiddleware[]): readonly StageAround[] {
  return middleware.map((each) => each.attach(route)).filter((around) => around !== undefined);
}

function compose(stage: StageName, around: readonly StageAround[], innermost: Stage): Stage {
  return around.reduceRight<Stage>(
    (next, current) => (input, context, handler) =>
      current({ stage, input, context, handler }, (changed, other = context) => next(changed, other, handler)),
    innermost,
  );
}

/** Stands inside the observers, so that they see the abort at once, and outside all else, which sees how the work really ends. */
function abandoning(route: StageRoute, events: StageEvents): StageAround {
  return ({ stage, input, context }, next) => {
    const result = next(input);
    if (!isPromiseLike(result)) return result;
    return untilAborted(result, context, (end) => {
      if (dropLate(end, stage, context))
        events.emit({ type: 'late_result', route: route.path, context, stage, outcome: end.outcome, lateMs: end.lateMs });
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

/** Between stages an abort is noticed even if the stage ignored it. */
function unlessAborted(value: unknown, { abortedBy }: RequestContext): unknown {
  if (!abortedBy) return value;
  if (value instanceof StageStream) value.discard();
  throw abortedBy;
}

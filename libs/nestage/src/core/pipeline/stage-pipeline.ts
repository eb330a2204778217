import { MappedItems } from '../../common/items/item-stage.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { RequestContext } from '../context/request-context.js';
import { untilAborted } from '../context/until-aborted.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import { abandoning, attach, compose, openStream, type Stage } from './compose-stage.js';
import { FinishedResult } from './finished-result.js';
import { observed } from './observed-stage.js';
import { REMOTE_SLOTS } from './remote-run.js';
import type { StageEvents } from './stage-events.js';
import type { StageAround, StageName } from './stage-middleware.js';
import type { StagePlugins } from './stage-plugins.js';
import { StageStream } from './stage-stream.js';

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
    const isRemote = plugins.remoteOf(route) !== undefined;
    const aroundRun = attach(route, plugins.inOrder(), (slot) => slot !== 'observe' && !(isRemote && REMOTE_SLOTS.has(slot)));
    const outer = attach(route, plugins.inOrder(), (slot) => slot === 'observe');
    const observers = plugins.observersOf(route);
    const stage = (name: StageName, around: readonly StageAround[], innermost: Stage): Stage =>
      observed(name, observers, compose(name, outer, abandoning(name, route, events, compose(name, around, innermost))));
    this.preProcess = stage('preProcess', [], (input, context, handler) =>
      handler.preProcess ? handler.preProcess(input, context) : input,
    );
    const run = innermostRun(route, plugins);
    this.run = stage('run', aroundRun, (input, context, handler) => openStream(run(input, context, handler), context));
    this.postProcess = stage('postProcess', [], (result, context, handler) =>
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
    const input = this.preProcess(request, context, handler);
    if (!isPromiseLike(input)) return this.resume(unlessAborted(input, context), context, handler);
    return input.then((prepared) => this.resume(unlessAborted(prepared, context), context, handler));
  }

  /** As `proceed`, from a prepared input on. */
  resume(input: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    const result = this.run(input, context, handler);
    if (!isPromiseLike(result)) return this.finish(unlessAborted(result, context), context, handler);
    return result.then((given) => this.finish(unlessAborted(given, context), context, handler));
  }

  private finish(result: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    if (result instanceof FinishedResult) return result.value;
    if (result instanceof StageStream) return handler.postProcess ? this.mapItems(result, context, handler) : result;
    const value = this.postProcess(result, context, handler);
    return isPromiseLike(value) ? value.then((given) => unlessAborted(given, context)) : unlessAborted(value, context);
  }

  private mapItems(stream: StageStream, context: RequestContext, handler: StageLifecycle): AsyncIterable<unknown> {
    return new MappedItems(stream, (item) => {
      const mapped = handler.postProcess ? handler.postProcess(item, context) : item;
      return isPromiseLike(mapped) ? untilAborted(mapped, context) : mapped;
    });
  }
}

/** The handler's own `run`, or what runs in its place, within what the route's protocol does around it. */
function innermostRun(route: StageRoute, plugins: StagePlugins): Stage {
  const { protocol } = route;
  const runner = plugins.runnerOf(route);
  const run: Stage = runner ? (input, context) => runner.run(input, context) : (input, context, handler) => handler.run(input, context);
  if (!protocol.run) return run;
  return (input, context, handler) => protocol.run?.(input, context, (again) => run(again, context, handler));
}

/** Between stages an abort is noticed even if the stage ignored it. */
function unlessAborted(value: unknown, { abortedBy }: RequestContext): unknown {
  if (!abortedBy) return value;
  if (value instanceof StageStream) value.discard();
  throw abortedBy;
}

import { isAsyncIterable, isPromiseLike } from '../../common/type-guards.js';
import type { RequestContext } from '../context/request-context.js';
import { toBinaryResult } from '../stage/binary-result.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { StageAround, StageMiddleware, StageName } from './stage-middleware.js';
import { StageStream } from './stage-stream.js';

type Stage = (input: unknown, context: RequestContext, handler: StageLifecycle) => unknown;

/**
 * Takes a validated request through the stages of one route: preProcess, run, postProcess, each with its middleware around it.
 * Composed once at start; a request costs no look-ups.
 * @internal
 */
export class StagePipeline {
  private readonly preProcess: Stage;
  private readonly run: Stage;
  private readonly postProcess: Stage;

  constructor(route: StageRoute, middleware: readonly StageMiddleware[]) {
    const observers = attach(
      route,
      middleware.filter(({ slot }) => slot === 'observe'),
    );
    const aroundRun = attach(
      route,
      middleware.filter(({ slot }) => slot !== 'observe'),
    );
    this.preProcess = compose('preProcess', observers, (input, context, handler) =>
      handler.preProcess ? handler.preProcess(input, context) : input,
    );
    this.run = compose('run', [...observers, ...aroundRun], (input, context, handler) => openStream(handler.run(input, context), context));
    this.postProcess = compose('postProcess', observers, (result, context, handler) =>
      handler.postProcess ? handler.postProcess(result, context) : result,
    );
  }

  /**
   * @returns the response: a value, binary data, or an AsyncIterable of items that `postProcess` is applied to as they are read
   */
  async execute(request: unknown, context: RequestContext, handler: StageLifecycle): Promise<unknown> {
    const input = await settle(this.preProcess(request, context, handler), context);
    const result = await settle(this.run(input, context, handler), context);
    if (result instanceof StageStream) return this.mapItems(result, context, handler);
    return settle(this.postProcess(result, context, handler), context);
  }

  private async *mapItems(stream: StageStream, context: RequestContext, handler: StageLifecycle): AsyncGenerator<unknown, void, void> {
    for await (const item of stream) {
      const mapped = handler.postProcess ? handler.postProcess(item, context) : item;
      yield isPromiseLike(mapped) ? await mapped : mapped;
    }
  }
}

function attach(route: StageRoute, middleware: readonly StageMiddleware[]): readonly StageAround[] {
  return middleware.map((each) => each.attach(route)).filter((around) => around !== undefined);
}

function compose(stage: StageName, around: readonly StageAround[], innermost: Stage): Stage {
  return around.reduceRight<Stage>(
    (next, current) => (input, context, handler) => current({ stage, input, context }, (changed) => next(changed, context, handler)),
    innermost,
  );
}

/** A stream becomes a `StageStream` at once, inside all middleware: a failure before its first item is a failure of `run`. */
function openStream(result: unknown, context: RequestContext): unknown {
  if (isPromiseLike(result)) return Promise.resolve(result).then((value) => openStream(value, context));
  if (isAsyncIterable(result) && !toBinaryResult(result)) return StageStream.open(result, context);
  return result;
}

/** Plain values pass without a turn of the event loop; between stages an abort is noticed even if the stage ignored it. */
async function settle(value: unknown, context: RequestContext): Promise<unknown> {
  const settled = isPromiseLike(value) ? await value : value;
  if (context.abortedBy) {
    if (settled instanceof StageStream) settled.discard();
    throw context.abortedBy;
  }
  return settled;
}

import type { RequestContext } from '../context/request-context.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';
import { abandoning, attach, compose, openStream, type Stage } from './compose-stage.js';
import { observed } from './observed-stage.js';
import { REMOTE_SLOTS } from './remote-run.js';
import type { StageEvents } from './stage-events.js';
import type { StagePlugins } from './stage-plugins.js';

/**
 * The `run` of one route for requests that came to another process, with the middleware that must stand where the model is. All else has
 * surrounded it there: the protocol, breaker and retries.
 * @internal
 */
export class StageWork {
  private readonly stage: Stage;

  constructor(route: StageRoute, plugins: StagePlugins, events: StageEvents) {
    const middleware = plugins.inOrder();
    const runner = plugins.localRunnerOf(route);
    const innermost: Stage = (input, context, handler) =>
      openStream(runner ? runner.run(input, context) : handler.run(input, context), context);
    const inner = compose(
      'run',
      attach(route, middleware, (slot) => REMOTE_SLOTS.has(slot)),
      innermost,
    );
    const outer = attach(route, middleware, (slot) => slot === 'observe');
    const run = compose('run', outer, abandoning('run', route, events, inner));
    this.stage = observed('run', plugins.observersOf(route), run);
  }

  /** @returns a value, or a `StageStream` whose first item is there */
  run(input: unknown, context: RequestContext, handler: StageLifecycle): unknown {
    if (context.abortedBy) throw context.abortedBy;
    return this.stage(input, context, handler);
  }
}

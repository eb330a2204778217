import type { RequestContext } from '../context/request-context.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { ModelLifecycle } from '../stage/stage-lifecycle.js';

/**
 * Runs the model of a route in place of the handler's own `run` and `runBatch`: in a thread, in another process. It is initialized after
 * the handler, before the route is ready, and disposed before it.
 * @publicApi
 */
export interface StageRunner extends Pick<ModelLifecycle, 'initialize' | 'dispose'> {
  /** Gives a value, a promise of one, or an AsyncIterable of items; what surrounds `run` (protocol, middleware) surrounds this. */
  readonly run: (input: unknown, context: RequestContext) => unknown;
  /** Gives one result for each input, in their order; an Error as a result fails that input alone. */
  readonly runBatch: (inputs: readonly unknown[], contexts: readonly RequestContext[]) => unknown;
}

/** @returns what runs the route, or `undefined` to leave it to its handler; asked more than once a route @publicApi */
export type StageRunnerSource = (route: StageRoute) => StageRunner | undefined;

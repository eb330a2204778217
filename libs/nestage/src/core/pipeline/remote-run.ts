import type { RequestContext } from '../context/request-context.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { StageSlot } from './stage-middleware.js';

/** Takes the `run` of a route to another process, where a `StageWork` does it. @publicApi */
export interface RemoteRun {
  /**
   * Whether no request of the route is run in this process: its handler, and the models that only such handlers need, are not
   * initialized here then.
   */
  readonly isIdleHere: boolean;
  /** Gives a value, a promise of one, or an AsyncIterable of items; what surrounds `run` (protocol, middleware) surrounds this. */
  readonly run: (input: unknown, context: RequestContext) => unknown;
}

/** @returns what takes the route elsewhere, or `undefined` to leave it here; asked more than once a route @publicApi */
export type RemoteRunSource = (route: StageRoute) => RemoteRun | undefined;

/** What must stand where the model is: it shares the model among requests, whichever process they came to. @internal */
export const REMOTE_SLOTS: ReadonlySet<StageSlot> = new Set<StageSlot>(['admission', 'batch', 'execution']);

import type { StageContext } from '../context/stage-context.js';

/** What every event carries. @publicApi */
export interface StageEventOrigin {
  /** The route's path as given to `@StageHandler`, as in `context.path`: one of a bounded set. */
  readonly route: string;
  /** The request it belongs to; absent for what no single request caused, such as an operator opening a breaker. */
  readonly context?: StageContext;
}

import type { RequestContext } from '../context/request-context.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { StageLifecycle } from '../stage/stage-lifecycle.js';

/** The stages that run per request. @publicApi */
export const STAGES = ['preProcess', 'run', 'postProcess'] as const;

/** @see STAGES @publicApi */
export type StageName = (typeof STAGES)[number];

/**
 * Where a middleware stands, from the outside in. `observe` surrounds each of the three stages and sees what they take and give;
 * all others surround `run` alone. In `cache` and at the `gate` a request may be answered before it asks for a place among the running
 * ones; a result that is at hand is given although the gate is closed.
 * @publicApi
 */
export const STAGE_SLOTS = ['observe', 'cache', 'gate', 'admission', 'breaker', 'retry', 'batch', 'execution'] as const;

/** @see STAGE_SLOTS @publicApi */
export type StageSlot = (typeof STAGE_SLOTS)[number];

/** One stage of one request, as its middleware sees it. @publicApi */
export interface StageCall {
  readonly stage: StageName;
  readonly input: unknown;
  readonly context: RequestContext;
  /** The handler whose stage it is. */
  readonly handler: StageLifecycle;
}

/**
 * Goes on inwards with an input, the given one or another, and for work that outlives its request with another context; gives a value or a
 * promise of one.
 * @publicApi
 */
export type StageNext = (input: unknown, context?: RequestContext) => unknown;

/** Surrounds a stage of one route. May answer without going on, go on several times, or change what comes and goes. @publicApi */
export type StageAround = (call: StageCall, next: StageNext) => unknown;

/**
 * What a room plugs into the pipeline. It is asked once a route, at start, so that a route pays only for what its options ask for.
 * A stream reaches middleware as a `StageStream` whose first item exists already: a failure before it is a failure of `run`.
 * @publicApi
 */
export interface StageMiddleware {
  readonly slot: StageSlot;
  /** @returns what surrounds the stages of this route, or `undefined` to stay out of it */
  attach(route: StageRoute): StageAround | undefined;
}

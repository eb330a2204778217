import type { Clock } from '../common/clock.js';
import { isPromiseLike } from '../common/type-guards.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import type { StageAround, StageMiddleware, StageName } from '../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { StageStream } from '../core/pipeline/stage-stream.js';

/** What one route's stages are told to. @internal */
export interface StageTimes {
  /** A stage has ended, well or not; `run` of a stream when the stream has. */
  readonly stage: (stage: StageName, durationMs: number, context: StageContext) => void;
  /** The first item exists, so long after the request came in. */
  readonly streamOpened?: (firstItemMs: number, context: StageContext) => void;
  readonly streamItem?: (context: StageContext) => void;
  readonly streamEnded?: (context: StageContext) => void;
}

/** Takes an interest in the stages' times; asked once a route. @internal */
export interface StageTimesListener {
  forRoute(route: StageRoute): StageTimes;
}

/** @internal */
export interface StageTimerInit {
  readonly plugins: StagePlugins;
  readonly clock: Clock;
  readonly listeners: readonly StageTimesListener[];
}

/**
 * Measures each stage of each request once, for all who want to know. `run` of a stream lasts until its last item, whoever is slow,
 * and its items' `postProcess` is a part of it.
 * @internal
 */
export class StageTimer implements StageMiddleware {
  readonly slot = 'observe';
  private readonly clock: Clock;
  private readonly listeners: readonly StageTimesListener[];

  constructor({ plugins, clock, listeners }: StageTimerInit) {
    this.clock = clock;
    this.listeners = listeners;
    plugins.use(this);
  }

  attach(route: StageRoute): StageAround {
    const all = this.listeners.map((listener) => listener.forRoute(route));
    return ({ stage, input, context }, next) => {
      const startedAt = this.clock.elapsed();
      const end = (): void => {
        const durationMs = this.clock.elapsed() - startedAt;
        for (const times of all) times.stage(stage, durationMs, context);
      };
      const settle = (value: unknown): unknown => {
        if (value instanceof StageStream) this.follow(value, context, all, end);
        else end();
        return value;
      };
      const fail = (error: unknown): never => {
        end();
        throw error;
      };
      let result: unknown;
      try {
        result = next(input);
      } catch (error) {
        return fail(error);
      }
      return isPromiseLike(result) ? Promise.resolve(result).then(settle, fail) : settle(result);
    };
  }

  private follow(stream: StageStream, context: RequestContext, all: readonly StageTimes[], end: () => void): void {
    const firstItemMs = this.clock.elapsed() - context.startedAt;
    for (const times of all) times.streamOpened?.(firstItemMs, context);
    stream.observe({
      item: () => {
        for (const times of all) times.streamItem?.(context);
      },
      end: () => {
        for (const times of all) times.streamEnded?.(context);
        end();
      },
    });
  }
}

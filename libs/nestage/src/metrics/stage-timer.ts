import type { Clock } from '../common/clock.js';
import { isPromiseLike } from '../common/type-guards.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import type { StageAround, StageCall, StageMiddleware, StageName, StageNext } from '../core/pipeline/stage-middleware.js';
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
    const stopwatch = new RouteStopwatch(
      this.clock,
      this.listeners.map((listener) => listener.forRoute(route)),
    );
    return (call, next) => stopwatch.measure(call, next);
  }
}

/** The stages of one route. What only promises need is apart, so that a call without any makes no closures. */
class RouteStopwatch {
  constructor(
    private readonly clock: Clock,
    private readonly all: readonly StageTimes[],
  ) {}

  measure(call: StageCall, next: StageNext): unknown {
    const startedAt = this.clock.elapsed();
    let result: unknown;
    try {
      result = next(call.input);
    } catch (error) {
      this.end(call, startedAt);
      throw error;
    }
    return isPromiseLike(result) ? this.settleLater(call, startedAt, result) : this.settle(call, startedAt, result);
  }

  /** @returns the value */
  private settle(call: StageCall, startedAt: number, value: unknown): unknown {
    if (value instanceof StageStream) this.follow(call, startedAt, value);
    else this.end(call, startedAt);
    return value;
  }

  private settleLater(call: StageCall, startedAt: number, result: PromiseLike<unknown>): Promise<unknown> {
    return Promise.resolve(result).then(
      (value) => this.settle(call, startedAt, value),
      (error: unknown) => {
        this.end(call, startedAt);
        throw error;
      },
    );
  }

  private end({ stage, context }: StageCall, startedAt: number): void {
    const durationMs = this.clock.elapsed() - startedAt;
    for (const times of this.all) times.stage(stage, durationMs, context);
  }

  private follow(call: StageCall, startedAt: number, stream: StageStream): void {
    const { context } = call;
    const firstItemMs = this.clock.elapsed() - context.startedAt;
    for (const times of this.all) times.streamOpened?.(firstItemMs, context);
    stream.observe({
      item: () => {
        for (const times of this.all) times.streamItem?.(context);
      },
      end: () => {
        for (const times of this.all) times.streamEnded?.(context);
        this.end(call, startedAt);
      },
    });
  }
}

import type { Clock } from '../common/clock.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import type { StageCall, StageName } from '../core/pipeline/stage-middleware.js';
import type { StageObserver } from '../core/pipeline/stage-observer.js';
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
export class StageTimer {
  constructor({ plugins, clock, listeners }: StageTimerInit) {
    plugins.observe((route) => {
      const all = listeners.map((listener) => listener.forRoute(route));
      return new RouteStopwatch(clock, all);
    });
  }
}

/** The stages of one route. */
class RouteStopwatch implements StageObserver {
  constructor(
    private readonly clock: Clock,
    private readonly all: readonly StageTimes[],
  ) {}

  settled(call: StageCall, value: unknown, startedAt: number): void {
    if (value instanceof StageStream) this.follow(call, startedAt, value);
    else this.failed(call, startedAt);
  }

  /** Its time counts as any other's. */
  failed({ stage, context }: StageCall, startedAt: number): void {
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
        this.failed(call, startedAt);
      },
    });
  }
}

import type { Clock } from '../common/clock.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { type StageCall, type StageName, STAGES } from '../core/pipeline/stage-middleware.js';
import type { StageObserver } from '../core/pipeline/stage-observer.js';
import type { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { StageStream } from '../core/pipeline/stage-stream.js';

/** A stage has ended, well or not, at that reading of the monotonic clock; `run` of a stream when the stream has. @internal */
export type StageEnd = (durationMs: number, endedAt: number, context: StageContext) => void;

/** What one route's stages are told to: each its own, so that what depends on the stage is found once. @internal */
export interface StageTimes extends Readonly<Record<StageName, StageEnd>> {
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
  private readonly ends: Readonly<Record<StageName, readonly StageEnd[]>>;

  constructor(
    private readonly clock: Clock,
    private readonly all: readonly StageTimes[],
  ) {
    const [preProcess, run, postProcess] = STAGES.map((stage) => all.map((times) => times[stage]));
    this.ends = { preProcess, run, postProcess };
  }

  settled(call: StageCall, value: unknown, startedAt: number): void {
    if (value instanceof StageStream) this.follow(call, startedAt, value);
    else this.end(call, startedAt);
  }

  failed(call: StageCall, startedAt: number): void {
    this.end(call, startedAt);
  }

  private end({ stage, context }: StageCall, startedAt: number): void {
    const endedAt = this.clock.elapsed();
    for (const end of this.ends[stage]) end(endedAt - startedAt, endedAt, context);
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

import { systemClock } from '../../common/clock.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { Stage } from './compose-stage.js';
import type { StageCall, StageName } from './stage-middleware.js';
import type { StageObserver } from './stage-observer.js';

/** Tells observers how a stage has ended. @internal */
export function observed(stage: StageName, observers: readonly StageObserver[], inner: Stage): Stage {
  if (observers.length === 0) return inner;
  const telling = new Telling(observers, inner);
  return (input, context, handler) => telling.of({ stage, input, context, handler });
}

class Telling {
  constructor(
    private readonly observers: readonly StageObserver[],
    private readonly inner: Stage,
  ) {}

  of(call: StageCall): unknown {
    const startedAt = systemClock.elapsed();
    let result: unknown;
    try {
      result = this.inner(call.input, call.context, call.handler);
    } catch (error) {
      this.failed(call, startedAt);
      throw error;
    }
    return isPromiseLike(result) ? this.later(call, result, startedAt) : this.settled(call, result, startedAt);
  }

  /** What only promises need is apart, so that a call without any makes no closures. */
  private later(call: StageCall, result: PromiseLike<unknown>, startedAt: number): Promise<unknown> {
    return Promise.resolve(result).then(
      (value) => this.settled(call, value, startedAt),
      (error: unknown) => {
        this.failed(call, startedAt);
        throw error;
      },
    );
  }

  /** @returns the value */
  private settled(call: StageCall, value: unknown, startedAt: number): unknown {
    for (const observer of this.observers) observer.settled?.(call, value, startedAt);
    return value;
  }

  private failed(call: StageCall, startedAt: number): void {
    for (const observer of this.observers) observer.failed?.(call, startedAt);
  }
}

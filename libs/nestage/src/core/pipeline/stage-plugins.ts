import { Injectable } from '@nestjs/common';
import type { StageRoute } from '../discovery/stage-route.js';
import { type StageMiddleware, STAGE_SLOTS } from './stage-middleware.js';
import type { StageRunner, StageRunnerSource } from './stage-runner.js';

/** Where rooms register their middleware, and who runs models elsewhere, in their constructors. @publicApi */
@Injectable()
export class StagePlugins {
  private readonly registered: StageMiddleware[] = [];
  private readonly runners: StageRunnerSource[] = [];

  /** Middleware of one slot surrounds what is registered after it in the same slot. */
  use(middleware: StageMiddleware): void {
    this.registered.push(middleware);
  }

  /** Of several runners that want a route, the first has it. */
  useRunner(source: StageRunnerSource): void {
    this.runners.push(source);
  }

  /** What runs a route in place of its handler's own methods, if anything does. @internal */
  runnerOf(route: StageRoute): StageRunner | undefined {
    for (const source of this.runners) {
      const runner = source(route);
      if (runner) return runner;
    }
    return undefined;
  }

  /** All middleware, outermost first. @internal */
  inOrder(): readonly StageMiddleware[] {
    return STAGE_SLOTS.flatMap((slot) => this.registered.filter((middleware) => middleware.slot === slot));
  }
}

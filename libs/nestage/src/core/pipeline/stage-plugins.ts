import { Injectable } from '@nestjs/common';
import type { StageRoute } from '../discovery/stage-route.js';
import type { RemoteRun, RemoteRunSource } from './remote-run.js';
import { type StageMiddleware, STAGE_SLOTS } from './stage-middleware.js';
import type { StageObserver, StageObserverSource } from './stage-observer.js';
import type { StageRunner, StageRunnerSource } from './stage-runner.js';

/** Where rooms register their middleware, and who runs models elsewhere, in their constructors. @publicApi */
@Injectable()
export class StagePlugins {
  private readonly registered: StageMiddleware[] = [];
  private readonly observers: StageObserverSource[] = [];
  private readonly runners: StageRunnerSource[] = [];
  private readonly remotes: RemoteRunSource[] = [];

  /** Middleware of one slot surrounds what is registered after it in the same slot. */
  use(middleware: StageMiddleware): void {
    this.registered.push(middleware);
  }

  /** Tells a room how stages end, those that middleware surrounds with all of it. @internal */
  observe(source: StageObserverSource): void {
    this.observers.push(source);
  }

  /** Of several runners that want a route, the first has it. */
  useRunner(source: StageRunnerSource): void {
    this.runners.push(source);
  }

  /** Takes `run` of routes to other processes; a runner of the same route runs it there. */
  useRemote(source: RemoteRunSource): void {
    this.remotes.push(source);
  }

  /** What runs a route in place of its handler's own methods, if anything does. @internal */
  runnerOf(route: StageRoute): Pick<StageRunner, 'run'> | undefined {
    return this.remoteOf(route) ?? this.localRunnerOf(route);
  }

  /** What takes a route to another process, if anything does. @internal */
  remoteOf(route: StageRoute): RemoteRun | undefined {
    return firstOf(this.remotes, route);
  }

  /** What runs a route in this process in place of its handler's own methods, if anything does. @internal */
  localRunnerOf(route: StageRoute): StageRunner | undefined {
    return firstOf(this.runners, route);
  }

  /** Those who hear of a route's stages. @internal */
  observersOf(route: StageRoute): readonly StageObserver[] {
    return this.observers.map((observe) => observe(route)).filter((observer) => observer !== undefined);
  }

  /** All middleware, outermost first. @internal */
  inOrder(): readonly StageMiddleware[] {
    return STAGE_SLOTS.flatMap((slot) => this.registered.filter((middleware) => middleware.slot === slot));
  }
}

function firstOf<T>(sources: readonly ((route: StageRoute) => T | undefined)[], route: StageRoute): T | undefined {
  for (const source of sources) {
    const found = source(route);
    if (found) return found;
  }
  return undefined;
}

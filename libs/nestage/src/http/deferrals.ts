import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import type { BuiltInReply } from './builtin/builtin-controller.factory.js';
import type { RouteInput } from './route-execution.js';

/** A request that has been found good, before its stages run. @internal */
export interface GoodRequest {
  readonly route: StageRoute;
  readonly input: RouteInput;
  readonly context: RequestContext;
}

/** Answers a request in place of its stages; `undefined` to let it go on. @internal */
export type Defer = (request: GoodRequest) => PromiseLike<BuiltInReply | undefined> | undefined;

/** What a room may do with requests of a route, to have them served later or elsewhere. @internal */
export interface Deferral {
  /** Asked once a route. */
  attach(route: StageRoute): Defer | undefined;
}

/**
 * Where rooms register that answer requests without running their stages now.
 * @internal
 */
@Injectable()
export class Deferrals {
  private readonly registered: Deferral[] = [];
  private readonly byRoute = new Map<StageRoute, Defer | undefined>();

  use(deferral: Deferral): void {
    this.registered.push(deferral);
  }

  /** Of several that want a route, the first has it. */
  of(route: StageRoute): Defer | undefined {
    if (this.registered.length === 0) return undefined;
    if (!this.byRoute.has(route)) {
      const [first] = this.registered.map((deferral) => deferral.attach(route)).filter((defer) => defer !== undefined);
      this.byRoute.set(route, first);
    }
    return this.byRoute.get(route);
  }
}

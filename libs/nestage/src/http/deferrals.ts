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
  /** What the API document is to say of such a route besides all else; `undefined` for one that it does not want. */
  describe(route: StageRoute): DeferralDescription | undefined;
}

/** Parts of an operation in OpenAPI. @internal */
export interface DeferralDescription {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  /** By status. */
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
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

  describe(route: StageRoute): readonly DeferralDescription[] {
    return this.registered.map((deferral) => deferral.describe(route)).filter((description) => description !== undefined);
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

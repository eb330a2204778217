import { Injectable } from '@nestjs/common';
import type { StageRoute } from '../discovery/stage-route.js';

/** How many requests of a route a room wants in `run` at once; `undefined` where it does not mind. @internal */
export type ConcurrencyWish = (route: StageRoute) => number | undefined;

/**
 * Where a room that gathers requests tells how many must be let in for it: the default of `concurrency` for such a route.
 * @internal
 */
@Injectable()
export class AdmissionDefaults {
  private readonly wishes: ConcurrencyWish[] = [];

  /** To be called in the constructor of whoever wishes. */
  use(wish: ConcurrencyWish): void {
    this.wishes.push(wish);
  }

  /** The greatest wish, if there is one. */
  concurrencyOf(route: StageRoute): number | undefined {
    const wanted = this.wishes.map((wish) => wish(route)).filter((wish) => wish !== undefined);
    return wanted.length > 0 ? Math.max(...wanted) : undefined;
  }
}

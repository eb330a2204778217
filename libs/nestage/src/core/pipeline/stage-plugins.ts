import { Injectable } from '@nestjs/common';
import { type StageMiddleware, STAGE_SLOTS } from './stage-middleware.js';

/** Where rooms register their middleware, in their constructors. @publicApi */
@Injectable()
export class StagePlugins {
  private readonly registered: StageMiddleware[] = [];

  /** Middleware of one slot surrounds what is registered after it in the same slot. */
  use(middleware: StageMiddleware): void {
    this.registered.push(middleware);
  }

  /** All middleware, outermost first. @internal */
  inOrder(): readonly StageMiddleware[] {
    return STAGE_SLOTS.flatMap((slot) => this.registered.filter((middleware) => middleware.slot === slot));
  }
}

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { BodyIntake } from '../../core/protocol/body-format.js';

/** A request whose body is about to be read. @internal */
export interface TappedRequest {
  readonly request: IncomingMessage;
  readonly route: StageRoute;
  readonly context: RequestContext;
  /** What may be used to keep bytes of it; given back when the request is over. */
  readonly intake: () => BodyIntake;
}

/** Looks at a request before any of its body has come, and may listen to its bytes. Must neither pause nor end it. @internal */
export type BodyTap = (request: TappedRequest) => void;

/**
 * Where rooms register that need bodies as they came, besides what is made of them.
 * @internal
 */
@Injectable()
export class BodyTaps {
  private readonly taps: BodyTap[] = [];

  /** Whether there is any. */
  get isUsed(): boolean {
    return this.taps.length > 0;
  }

  use(tap: BodyTap): void {
    this.taps.push(tap);
  }

  tell(request: TappedRequest): void {
    for (const tap of this.taps) tap(request);
  }
}

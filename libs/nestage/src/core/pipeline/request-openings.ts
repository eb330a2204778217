import { Injectable } from '@nestjs/common';
import type { RequestAbortedError } from '../context/request-aborted.error.js';
import type { RequestContext } from '../context/request-context.js';
import type { StageRoute } from '../discovery/stage-route.js';
import { StageEvents } from './stage-events.js';

/** What a room does with each request as soon as its route is known, before its body has come. @internal */
export interface RequestOpening {
  /** Asked once a route. @returns what to do with its requests, or `undefined` to stay out of it; may throw to refuse a request */
  attach(route: StageRoute): ((context: RequestContext) => void) | undefined;
}

/**
 * Where transports tell that they know the route of a request, and rooms register what begins there.
 * @internal
 */
@Injectable()
export class RequestOpenings {
  private readonly registered: RequestOpening[] = [];
  private readonly byRoute = new Map<StageRoute, readonly ((context: RequestContext) => void)[]>();

  /** The same for every request. */
  private readonly tellAbort = this.emitAbort.bind(this);

  constructor(private readonly events: StageEvents) {}

  use(opening: RequestOpening): void {
    this.registered.push(opening);
  }

  /**
   * Binds a request to its route. Said again it does nothing; said with another route (of several versions on one path, the router knows
   * which) that route's rules take the place of the first one's.
   * @throws whatever an opening refuses the request with
   */
  open(route: StageRoute, context: RequestContext): void {
    if (context.route === route) return;
    if (!context.route) this.follow(context);
    context.route = route;
    context.path = route.path;
    for (const begin of this.of(route)) begin(context);
  }

  private follow(context: RequestContext): void {
    context.onAborted = this.tellAbort;
    if (context.abortedBy) this.tellAbort(context, context.abortedBy);
  }

  private emitAbort(context: RequestContext, { abortCause }: RequestAbortedError): void {
    this.events.emit({ type: 'aborted', route: context.path, cause: abortCause, context });
  }

  private of(route: StageRoute): readonly ((context: RequestContext) => void)[] {
    const known = this.byRoute.get(route);
    if (known) return known;
    const attached = this.registered.map((opening) => opening.attach(route)).filter((begin) => begin !== undefined);
    this.byRoute.set(route, attached);
    return attached;
  }
}

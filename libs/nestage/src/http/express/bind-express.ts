import type { ServerResponse } from 'node:http';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { ReadingOutcome } from '../body/collect-body.js';
import { LEFT_WITH } from './express-app.js';
import { contextOf } from '../request-of.js';
import { pathOf, type TableRoute } from '../gate/route-table.js';
import type { Entrance, TransportGate } from '../gate/transport-gate.js';
import type { ExpressHandle, ExpressNext, ExpressRequest } from './express-app.js';
import type { RouterShortcut } from './router-shortcut.js';

/**
 * The first middleware of an Express app. A body that it has read is left alone by the parsers that Nest adds after it, and so is
 * Nest's decision to add them: it looks for a middleware of the name `jsonParser`, which this is not.
 * @internal
 */
export function expressGate(gate: TransportGate, shortcut: RouterShortcut): ExpressHandle {
  const ways: Ways = { gate, shortcut };
  return function nestageGate(request: ExpressRequest, response: ServerResponse, next: ExpressNext): void {
    if (contextOf(request)) return next(request[LEFT_WITH]); // it has passed before Express saw it
    gate.enter(new Passage(ways, request, response, next));
  };
}

/** What all requests go through. */
interface Ways {
  readonly gate: TransportGate;
  readonly shortcut: RouterShortcut;
}

/** One request on its way through the gate. */
class Passage implements Entrance, ReadingOutcome<unknown> {
  readonly context: RequestContext;
  private readonly method: string;
  private readonly path: string;
  private readonly route: StageRoute | undefined;

  constructor(
    private readonly ways: Ways,
    readonly request: ExpressRequest,
    readonly response: ServerResponse,
    private readonly next: ExpressNext,
  ) {
    this.context = ways.gate.open(request, response);
    this.method = request.method ?? '';
    this.path = pathOf(request.url);
    this.route = ways.gate.table.find(this.method, this.path);
  }

  served(): TableRoute {
    return this.route ?? this.ways.gate.table.servedBy(this.method, this.path);
  }

  passed(): void {
    const { request, route, context } = this;
    if (route) this.ways.gate.receiveBody({ request, route, context }, this);
    else this.next();
  }

  /** The body has come. */
  done(body: unknown): void {
    const { request, response, next } = this;
    request.body = body;
    this.ways.shortcut.take(request, response, this.path, next);
  }

  failed(error: unknown): void {
    const { gate } = this.ways;
    gate.refuse(error, this.response, this.context, this.route ?? gate.table.anyAt(this.path));
  }
}

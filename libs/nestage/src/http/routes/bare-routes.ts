import { Injectable, StreamableFile } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { andThen } from '../../common/and-then.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { FoundRoute } from '../../core/discovery/stage-explorer.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { isTracing } from '../../metrics/tracing/tracing.js';
import { type AdapterRequest, type AdapterResponse, rawRequest } from '../request-of.js';
import { ResponseTaking } from '../reply/response-taking.js';
import { StreamReply } from '../reply/stream-reply.js';
import type { ServeRoute } from '../route-service.js';
import { appConfigOf } from './app-config.js';
import { isBare } from './is-bare.js';

/** The parts of Nest's adapters that are used here; its base class types them loosely. */
interface ValueAdapter {
  reply(response: AdapterResponse, body: unknown): unknown;
  status(response: AdapterResponse, code: number): unknown;
}

/** A request on its way to its controller. @internal */
export interface BareVisit {
  readonly request: AdapterRequest;
  readonly response: AdapterResponse;
  /** Calls the handler that Nest made for the route. */
  readonly ordinary: () => unknown;
}

interface Served extends Pick<FoundRoute, 'wrapper'> {
  readonly serve: ServeRoute;
}

/** What the stages of a request have come to, for the controller to give or throw when Nest asks for it. */
const OUTCOME = Symbol('nestage:outcome');

type Outcome = () => unknown;
type Marked = ReturnType<typeof rawRequest> & { [OUTCOME]?: Outcome };

/**
 * Answers requests of routes that no guard, interceptor or pipe stands around at once, without the dozen promises that Nest's handler
 * makes before it finds nothing to call. Errors, Observables and what else Nest does something with are left to it after all: its
 * handler is called then, and gets what the stages gave.
 * @internal
 */
@Injectable()
export class BareRoutes {
  private readonly served = new Map<StageRoute, Served>();
  /** Decided by the first request: Nest has made its handlers by then, so no global guard can still come into them. */
  private readonly bare = new Map<StageRoute, ServeRoute | undefined>();
  private readonly taking = new ResponseTaking();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @returns what the route's controller must call: it serves a request unless that has been done */
  add({ route, wrapper }: FoundRoute, serve: ServeRoute): ServeRoute {
    this.served.set(route, { serve, wrapper });
    return (body, request, response) => {
      const outcome = (rawRequest(request) as Marked)[OUTCOME];
      return outcome ? outcome() : andThen(serve(body, request, response), asNestKnows);
    };
  }

  /** Answers a request of a stage route; by `ordinary` where anything else takes part. */
  answer(route: StageRoute, visit: BareVisit): unknown {
    const serve = this.serveOf(route);
    if (!serve) return visit.ordinary();
    const { request, response } = visit;
    this.adapter.status(response, route.status);
    let value: unknown;
    try {
      value = serve(request.body, request, response);
    } catch (error) {
      return this.fail(error, visit);
    }
    if (isPromiseLike(value)) {
      return value.then(
        (result) => this.send(route, result, visit),
        (error: unknown) => this.fail(error, visit),
      );
    }
    const sent = this.send(route, value, visit);
    return sent === response ? undefined : sent; // nobody has to wait for it
  }

  private serveOf(route: StageRoute): ServeRoute | undefined {
    const known = this.bare.get(route);
    if (known || this.bare.has(route)) return known;
    const serve = this.decide(route);
    this.bare.set(route, serve);
    return serve;
  }

  /** A request-scoped handler may ask for the request, which must look then as its router makes it look. */
  private decide(route: StageRoute): ServeRoute | undefined {
    if (isTracing()) return undefined;
    const served = this.served.get(route);
    return served?.wrapper.isDependencyTreeStatic() && isBare(route, appConfigOf(this.moduleRef)) ? served.serve : undefined;
  }

  /** @returns the response, which Fastify has to wait for after a promise, or what Nest's handler gave */
  private send(route: StageRoute, value: unknown, visit: BareVisit): unknown {
    if (value instanceof StreamReply) return this.sendStream(route, value, visit);
    if (!isSendable(value, route)) return this.leave(visit, () => value);
    try {
      return this.adapter.reply(visit.response, value);
    } catch (error) {
      if (value instanceof StreamableFile) value.getStream().destroy();
      return this.fail(error, visit);
    }
  }

  private sendStream(route: StageRoute, reply: StreamReply, visit: BareVisit): unknown {
    const response = this.taking.take(visit.response);
    return response ? reply.writeTo(response) : this.send(route, reply.toFile(), visit);
  }

  private fail(error: unknown, visit: BareVisit): unknown {
    return this.leave(visit, () => {
      throw error;
    });
  }

  /** Leaves the rest to Nest, which sets the status of the route before it calls the controller. */
  private leave({ request, response, ordinary }: BareVisit, outcome: Outcome): unknown {
    const { statusCode } = response as { readonly statusCode: number };
    (rawRequest(request) as Marked)[OUTCOME] = () => {
      this.adapter.status(response, statusCode);
      return outcome();
    };
    return ordinary();
  }

  private get adapter(): ValueAdapter {
    return this.host.httpAdapter;
  }
}

const asNestKnows = (value: unknown): unknown => (value instanceof StreamReply ? value.toFile() : value);

/** What Nest would hand to its adapter as it is. */
function isSendable(value: unknown, { response }: StageRoute): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string';
  if (value instanceof StreamableFile) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || (response !== undefined && prototype === response.prototype);
}

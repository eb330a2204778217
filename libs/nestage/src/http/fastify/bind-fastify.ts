import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { toFastifyPattern } from '../routes/path-parameters.js';
import { bodyOf, contextOf } from '../request-of.js';
import { STAGE_ROUTE } from '../routes/route-metadata.js';
import { isStageRoute, pathOf, type TableRoute } from '../gate/route-table.js';
import type { BareRoutes } from '../routes/bare-routes.js';
import type { Entrance, TransportGate } from '../gate/transport-gate.js';

/** The parts of Fastify that are used here; its types stay an optional peer. @internal */
export interface FastifyRequest {
  readonly raw: IncomingMessage;
  /** Those of the request with these over them. */
  headers: Readonly<Record<string, unknown>> | undefined;
  body: unknown;
  readonly is404?: boolean;
  /** Of the route that was found; Fastify's first hook runs after its router. */
  readonly routeOptions?: { readonly config?: Readonly<Record<string, unknown>> };
}

/** @internal */
export interface FastifyReply {
  readonly raw: ServerResponse;
}

type FastifyDone = (error?: unknown, payload?: unknown) => void;

interface FastifyRoute {
  readonly method: string | readonly string[];
  url: string;
  readonly config?: Record<string, unknown>;
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown;
  preParsing?: unknown;
  preValidation?: unknown;
  errorHandler?: unknown;
}

/** @internal */
export interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply, done: FastifyDone) => void): unknown;
  addHook(name: 'preParsing', hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: FastifyDone) => void): unknown;
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): unknown;
}

/**
 * Opens contexts in Fastify's first hook, and lets stage routes read their bodies by our reader: the hooks of such a route hide the body's
 * headers from Fastify's own parser while it looks for one, and put the value where it would have. Errors before the controller go to the
 * route's own error handler.
 * @internal
 */
export function bindFastify(instance: FastifyInstance, gate: TransportGate, bare: BareRoutes): void {
  instance.addHook('onRequest', (request, reply, done) => gate.enter(new FirstHook(gate, request, reply, done)));
  instance.addHook('preParsing', (request, _reply, payload, done) => {
    // Fastify refuses an empty body of a declared type before it says that there is no route for it
    if (request.is404 && isBodyless(request.raw)) request.headers = { 'content-type': undefined };
    done(null, payload);
  });
  instance.addHook('onRoute', (fastifyRoute) => {
    const route = fastifyRoute.config?.[STAGE_ROUTE] as TableRoute;
    if (isStageRoute(route)) fastifyRoute.url = toFastifyPattern(fastifyRoute.url); // before it is given to the router
    for (const method of [fastifyRoute.method].flat()) gate.table.add(method, fastifyRoute.url, route);
    if (isStageRoute(route)) Object.assign(fastifyRoute, routeHooks(route, gate), { handler: handlerOf(route, fastifyRoute, bare) });
  });
}

/** One request in Fastify's first hook. */
class FirstHook implements Entrance {
  readonly context: RequestContext;

  constructor(
    private readonly gate: TransportGate,
    readonly request: FastifyRequest,
    readonly response: FastifyReply,
    private readonly done: FastifyDone,
  ) {
    this.context = gate.open(request.raw, response.raw);
  }

  served(): TableRoute {
    return this.request.routeOptions?.config?.[STAGE_ROUTE] as TableRoute;
  }

  passed(): void {
    this.done();
  }

  failed(error: unknown): void {
    const { gate, request } = this;
    const served = this.served();
    gate.refuse(error, this.response, this.context, isStageRoute(served) ? served : gate.table.anyAt(pathOf(request.raw.url)));
  }
}

function handlerOf(route: StageRoute, { handler }: FastifyRoute, bare: BareRoutes): FastifyRoute['handler'] {
  return (request, reply) => bare.answer(route, { request, response: reply, ordinary: () => handler(request, reply) });
}

const isBodyless = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

/** Fastify reads the headers of a request as node has them, but for these. */
const WITHOUT_BODY = { 'content-type': undefined, 'content-length': undefined, 'transfer-encoding': undefined };

function routeHooks(route: StageRoute, gate: TransportGate): Pick<FastifyRoute, 'preParsing' | 'preValidation' | 'errorHandler'> {
  return {
    preParsing: (request: FastifyRequest, _reply: FastifyReply, payload: unknown, goOn: FastifyDone) => {
      const context = contextOf(request);
      if (!context) return goOn(null, payload);
      const done = (): void => {
        request.headers = WITHOUT_BODY;
        goOn(null, payload);
      };
      gate.receiveBody({ request: request.raw, route, context }, { done, failed: goOn });
    },
    preValidation: (request: FastifyRequest, _reply: FastifyReply, goOn: FastifyDone) => {
      request.headers = undefined;
      request.body = bodyOf(request)?.value;
      goOn();
    },
    errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      const context = contextOf(request) ?? gate.open(request.raw, reply.raw);
      gate.refuse(error, reply, context, route);
    },
  };
}

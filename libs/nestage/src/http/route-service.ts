import type { HttpAdapterHost } from '@nestjs/core';
import { isPromiseLike } from '../common/type-guards.js';
import { contextStorage } from '../core/context/context-storage.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { RequestError } from '../core/errors/service-errors.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { RequestOpenings } from '../core/pipeline/request-openings.js';
import { BinaryResult } from '../core/stage/binary-result.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import type { RequestLog } from '../logging/request-log.js';
import { isAcceptable } from './body/media-type.js';
import { seeToClosingLine } from './context/open-request.js';
import type { Deferrals } from './deferrals.js';
import type { GateChecks, GateVisit } from './gate/gate-checks.js';
import type { ErrorResponder } from './reply/error-responder.js';
import { announceStream, applyPending, binaryReply, type ReplyAdapter, valueReply, wholeReply } from './reply/stage-reply.js';
import { StreamReply } from './reply/stream-reply.js';
import { type AdapterRequest, type AdapterResponse, bodyOf, contextOf, rawRequest, rawResponse } from './request-of.js';
import type { RouteExecution, RouteInput, RouteOutput } from './route-execution.js';
import { pathParametersOf } from './routes/path-parameters.js';

/** Serves one request of one route: what a generated controller calls. Gives what Nest is to send, or a promise of it. @internal */
export type ServeRoute = (body: unknown, request: AdapterRequest, response: AdapterResponse) => unknown;

/** What all routes are served with. @internal */
export interface RouteServiceInit {
  readonly host: HttpAdapterHost;
  readonly runtime: StageRuntime;
  readonly openings: RequestOpenings;
  readonly execution: RouteExecution;
  readonly responder: ErrorResponder;
  readonly requestLog: RequestLog;
  readonly checks: GateChecks;
  readonly deferrals: Deferrals;
}

/** @returns the handler for one request, or a promise of it @internal */
export type HandlerSource = (request: AdapterRequest) => StageLifecycle | Promise<StageLifecycle>;

interface Visit extends GateVisit {
  readonly body: unknown;
}

/**
 * Takes the requests of one route through the pipeline: negotiate, decode, validate, stages, validate, encode. Knows nothing of what the
 * stages do. Each step goes on at once where there is nothing to wait for.
 * @internal
 */
export class RouteService {
  private readonly readPath: ReturnType<typeof pathParametersOf>;

  constructor(
    private readonly init: RouteServiceInit,
    private readonly route: StageRoute,
    private readonly handlerOf: HandlerSource,
  ) {
    this.readPath = pathParametersOf(route.path);
  }

  /** Bound where it is handed out. @see ServeRoute */
  serve(body: unknown, request: AdapterRequest, response: AdapterResponse): unknown {
    const context = contextOf(request);
    if (!context) throw new Error('The request has no context: WebServiceModule must be imported before the app is initialized');
    return contextStorage.run(context, begin, this, { body, request, response, context });
  }

  /** Within the request's context. */
  begin(visit: Visit): unknown {
    const { checks } = this.init;
    this.accept(visit);
    const checking = checks.isUsed ? checks.atController('stage', this.route.path, visit) : undefined;
    return checking ? checking.then(() => this.receive(visit)) : this.receive(visit);
  }

  private accept({ context, response }: Visit): void {
    const { requestLog, openings } = this.init;
    const { route } = this;
    context.handlerName = route.name;
    requestLog.accepted(context, route.name);
    seeToClosingLine(rawResponse(response));
    openings.open(route, context);
  }

  private receive(visit: Visit): unknown {
    const { runtime, execution } = this.init;
    const { route } = this;
    const { context } = visit;
    runtime.assertReady(route.handler);
    refuseUnacceptable(route, context);
    const input = this.inputOf(visit);
    const given = execution.receive(route, input, context);
    return isPromiseLike(given) ? given.then((ready) => this.deferOrRun(visit, input, ready)) : this.deferOrRun(visit, input, given);
  }

  private inputOf({ body, request }: Visit): RouteInput {
    const { method, headers, url = '' } = rawRequest(request);
    const query = url.includes('?') ? request.query : undefined; // Express parses it each time that it is read
    return {
      body,
      parameters: { path: this.readPath(request.params), query: (query ?? {}) as RouteInput['parameters']['query'] },
      received: { method, contentType: headers['content-type'], bytes: bodyOf(request)?.bytes ?? 0 },
    };
  }

  private deferOrRun(visit: Visit, input: RouteInput, given: unknown): unknown {
    const { deferrals, host } = this.init;
    const { route } = this;
    const deferring = deferrals.of(route)?.({ route, input, context: visit.context });
    if (!deferring) return this.run(visit, given);
    return deferring.then((reply) => (reply ? wholeReply(reply, visit.response, host.httpAdapter) : this.run(visit, given)));
  }

  private run(visit: Visit, request: unknown): unknown {
    const handler = this.handlerOf(visit.request);
    return isPromiseLike(handler) ? handler.then((own) => this.execute(visit, request, own)) : this.execute(visit, request, handler);
  }

  private execute(visit: Visit, request: unknown, handler: StageLifecycle): unknown {
    const output = this.init.execution.execute({ route: this.route, request, context: visit.context, handler });
    return isPromiseLike(output) ? output.then((given) => this.reply(given, visit)) : this.reply(output, visit);
  }

  private reply(output: RouteOutput, visit: Visit): unknown {
    const { context, response } = visit;
    const adapter = this.init.host.httpAdapter as unknown as ReplyAdapter;
    const sent = this.written(output, visit, adapter);
    return isPromiseLike(sent)
      ? sent.then((given) => withPending(given, context, response, adapter))
      : withPending(sent, context, response, adapter);
  }

  private written(output: RouteOutput, { context, response }: Visit, adapter: ReplyAdapter): unknown {
    const isBinary = output instanceof BinaryResult;
    if (!isBinary && !('chunks' in output)) return valueReply(output, response, adapter);
    const onFailure = (error: unknown): void => void this.init.responder.sanitize(error, context);
    if (isBinary) return binaryReply(output, context, onFailure);
    announceStream(output, response, adapter);
    return new StreamReply(output, context, onFailure);
  }
}

function withPending(sent: unknown, context: RequestContext, response: AdapterResponse, adapter: ReplyAdapter): unknown {
  applyPending(context, response, adapter);
  return sent;
}

const begin = (service: RouteService, visit: Visit): unknown => service.begin(visit);

function refuseUnacceptable(route: StageRoute, { headers }: RequestContext): void {
  const accept = headers['accept'];
  if (route.protocol.ignoresAccept || typeof accept !== 'string' || isAcceptable(accept, route.produces)) return;
  throw new RequestError(`The reply can be ${route.produces.join(', ')}; Accept allows none of them`, { code: 'not_acceptable' });
}

import { Injectable } from '@nestjs/common';
import { ContextIdFactory, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { andThen } from '../common/and-then.js';
import { systemClock } from '../common/clock.js';
import { contextStorage } from '../core/context/context-storage.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { RequestError } from '../core/errors/service-errors.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { RequestOpenings } from '../core/pipeline/request-openings.js';
import { BinaryResult } from '../core/stage/binary-result.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { RequestLog } from '../logging/request-log.js';
import { isAcceptable } from './body/media-type.js';
import { writeClosingLine } from './context/closing-line.js';
import type { BuiltInReply } from './builtin/builtin-controller.factory.js';
import { Deferrals } from './deferrals.js';
import { GateChecks } from './gate/gate-checks.js';
import { pathParametersOf, type ReadPathParameters } from './routes/path-parameters.js';
import { ErrorResponder } from './reply/error-responder.js';
import { applyPending, binaryReply, type ReplyAdapter, streamReply, valueReply, wholeReply } from './reply/stage-reply.js';
import { type AdapterRequest, type AdapterResponse, bodyOf, contextOf, rawRequest, rawResponse } from './request-of.js';
import { RouteExecution, type RouteExchange, type RouteInput, type RouteOutput } from './route-execution.js';

/** Serves one request of one route: what a generated controller calls. Gives what Nest is to send, or a promise of it. @internal */
export type ServeRoute = (body: unknown, request: AdapterRequest, response: AdapterResponse) => unknown;

/**
 * Takes HTTP requests through the pipeline: negotiate, decode, validate, stages, validate, encode. Knows nothing of what the stages do.
 * Each step goes on at once where there is nothing to wait for.
 * @internal
 */
@Injectable()
export class StageTransport {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly moduleRef: ModuleRef,
    private readonly runtime: StageRuntime,
    private readonly openings: RequestOpenings,
    private readonly execution: RouteExecution,
    private readonly responder: ErrorResponder,
    private readonly requestLog: RequestLog,
    private readonly checks: GateChecks,
    private readonly deferrals: Deferrals,
  ) {}

  serve({ route, wrapper }: FoundRoute): ServeRoute {
    const handlerOf = (request: AdapterRequest): StageLifecycle | Promise<StageLifecycle> =>
      wrapper.isDependencyTreeStatic() ? (wrapper.instance as StageLifecycle) : this.resolveScoped(route, request);
    const readPath = pathParametersOf(route.path);
    return (body, request, response) => {
      const context = contextOf(request);
      if (!context) throw new Error('The request has no context: WebServiceModule must be imported before the app is initialized');
      const answer = (): unknown => {
        this.runtime.assertReady(route.handler);
        refuseUnacceptable(route, context);
        const input = inputOf(body, request, readPath);
        return andThen(this.execution.receive(route, input, context), (given) =>
          andThen(this.deferrals.of(route)?.({ route, input, context }), (deferred) =>
            deferred ? this.deferred(deferred, response) : this.run({ route, request: given, context }, handlerOf(request), response),
          ),
        );
      };
      return contextStorage.run(context, () => {
        this.accept(route, context, response);
        return andThen(this.checks.atController('stage', route.path, { request, response, context }), answer);
      });
    };
  }

  private accept(route: StageRoute, context: RequestContext, response: AdapterResponse): void {
    context.handlerName = route.name;
    this.requestLog.accepted(context, route.name);
    writeClosingLine(context, rawResponse(response), systemClock);
    this.openings.open(route, context);
  }

  private run(
    exchange: Omit<RouteExchange, 'handler'>,
    handler: StageLifecycle | Promise<StageLifecycle>,
    response: AdapterResponse,
  ): unknown {
    return andThen(handler, (ready) =>
      andThen(this.execution.execute({ ...exchange, handler: ready }), (output) => this.reply(output, exchange.context, response)),
    );
  }

  private deferred(reply: BuiltInReply, response: AdapterResponse): unknown {
    return wholeReply(reply, response, this.host.httpAdapter);
  }

  private reply(output: RouteOutput, context: RequestContext, response: AdapterResponse): unknown {
    const adapter = this.host.httpAdapter as unknown as ReplyAdapter;
    return andThen(this.written(output, context, response, adapter), (sent) => {
      applyPending(context, response, adapter);
      return sent;
    });
  }

  private written(output: RouteOutput, context: RequestContext, response: AdapterResponse, adapter: ReplyAdapter): unknown {
    if (output instanceof BinaryResult) return binaryReply(output, context, (error) => void this.responder.sanitize(error, context));
    return 'chunks' in output ? streamReply(output, context, response, adapter) : valueReply(output, response, adapter);
  }

  private resolveScoped(route: StageRoute, request: AdapterRequest): Promise<StageLifecycle> {
    const contextId = ContextIdFactory.getByRequest(request as object as Record<string, unknown>);
    this.moduleRef.registerRequestByContextId(request, contextId);
    return this.moduleRef.resolve<StageLifecycle>(route.handler, contextId, { strict: false });
  }
}

function refuseUnacceptable(route: StageRoute, { headers }: RequestContext): void {
  const accept = headers['accept'];
  if (route.protocol.ignoresAccept || typeof accept !== 'string' || isAcceptable(accept, route.produces)) return;
  throw new RequestError(`The reply can be ${route.produces.join(', ')}; Accept allows none of them`, { code: 'not_acceptable' });
}

function inputOf(body: unknown, request: AdapterRequest, readPath: ReadPathParameters): RouteInput {
  const { method, headers } = rawRequest(request);
  return {
    body,
    parameters: { path: readPath(request.params), query: (request.query ?? {}) as RouteInput['parameters']['query'] },
    received: { method, contentType: headers['content-type'], bytes: bodyOf(request)?.bytes ?? 0 },
  };
}

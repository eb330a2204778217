import { Injectable } from '@nestjs/common';
import { ContextIdFactory, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { andThen } from '../common/and-then.js';
import { systemClock } from '../common/clock.js';
import { primed } from '../common/primed.js';
import { isAsyncIterable } from '../common/type-guards.js';
import { contextStorage } from '../core/context/context-storage.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { RequestError } from '../core/errors/service-errors.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { RequestOpenings } from '../core/pipeline/request-openings.js';
import { StagePipelines } from '../core/pipeline/stage-pipelines.js';
import type { EncodedStream, EncodedValue, ProtocolExchange } from '../core/protocol/route-protocol.js';
import { toBinaryResult } from '../core/stage/binary-result.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { assembleRequest } from '../core/validation/assemble-request.js';
import { DtoValidator } from '../core/validation/dto-validator.js';
import { RequestLog } from '../logging/request-log.js';
import { isAcceptable } from './body/media-type.js';
import { writeClosingLine } from './closing-line.js';
import { GateChecks } from './gate-checks.js';
import { ErrorResponder } from './reply/error-responder.js';
import { applyPending, binaryReply, type ReplyAdapter, streamReply, valueReply } from './reply/stage-reply.js';
import { type AdapterRequest, type AdapterResponse, bodyOf, contextOf, rawRequest, rawResponse } from './request-of.js';

/** Serves one request of one route: what a generated controller calls. Gives what Nest is to send, or a promise of it. @internal */
export type ServeRoute = (body: unknown, request: AdapterRequest, response: AdapterResponse) => unknown;

type Encoded = EncodedStream | EncodedValue;

interface Exchange {
  readonly route: StageRoute;
  /** Validated. */
  readonly request: unknown;
  readonly context: RequestContext;
  readonly response: AdapterResponse;
}

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
    private readonly pipelines: StagePipelines,
    private readonly openings: RequestOpenings,
    private readonly validator: DtoValidator,
    private readonly responder: ErrorResponder,
    private readonly requestLog: RequestLog,
    private readonly checks: GateChecks,
  ) {}

  serve({ route, wrapper }: FoundRoute): ServeRoute {
    const handlerOf = (request: AdapterRequest): StageLifecycle | Promise<StageLifecycle> =>
      wrapper.isDependencyTreeStatic() ? (wrapper.instance as StageLifecycle) : this.resolveScoped(route, request);
    return (body, request, response) => {
      const context = contextOf(request);
      if (!context) throw new Error('The request has no context: WebServiceModule must be imported before the app is initialized');
      const answer = (): unknown => {
        this.runtime.assertReady(route.handler);
        refuseUnacceptable(route, context);
        return andThen(this.receive(route, body, request, context), (given) =>
          andThen(handlerOf(request), (handler) =>
            andThen(this.pipelines.of(route).proceed(given, context, handler), (result) =>
              this.reply({ route, request: given, context, response }, result),
            ),
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

  private receive(route: StageRoute, body: unknown, request: AdapterRequest, context: RequestContext): unknown {
    const raw = rawRequest(request);
    const parameters = { path: asRecord(request.params), query: asRecord(request.query) };
    const assembled = assembleRequest(route, body, parameters);
    this.requestLog.received(
      context,
      { method: raw.method, contentType: raw.headers['content-type'], bytes: bodyOf(request)?.bytes ?? 0 },
      assembled,
    );
    return andThen(this.validator.request(route, assembled), (validated) => {
      route.protocol.admit?.(validated, context);
      return validated;
    });
  }

  private reply({ route, request, context, response }: Exchange, result: unknown): unknown {
    const adapter = this.host.httpAdapter as unknown as ReplyAdapter;
    const fail = (thrown: unknown): ReturnType<ErrorResponder['sanitize']> => this.responder.sanitize(thrown, context);
    const binary = toBinaryResult(result);
    const reply = binary
      ? binaryReply(binary, context, (error) => void fail(error))
      : andThen(this.encode(route, result, { context, request, fail }), (encoded) =>
          'chunks' in encoded ? streamReply(encoded, context, response, adapter) : valueReply(encoded, response, adapter),
        );
    return andThen(reply, (sent) => {
      applyPending(context, response, adapter);
      return sent;
    });
  }

  private encode(route: StageRoute, result: unknown, exchange: ProtocolExchange): Encoded | PromiseLike<Encoded> {
    const { protocol } = route;
    if (!isAsyncIterable(result)) return andThen(this.validator.response(route, result), (value) => protocol.encodeValue(value, exchange));
    return primed(this.checkedItems(route, result)).then((items) => protocol.encodeStream(items, exchange));
  }

  private async *checkedItems(route: StageRoute, items: AsyncIterable<unknown>): AsyncGenerator<unknown, void, void> {
    for await (const item of items) yield this.validator.response(route, item);
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

const asRecord = (value: unknown): Readonly<Record<string, unknown>> => (value ?? {}) as Record<string, unknown>;

import { Injectable } from '@nestjs/common';
import { ContextIdFactory, HttpAdapterHost, ModuleRef } from '@nestjs/core';
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
import type { ProtocolExchange } from '../core/protocol/route-protocol.js';
import { toBinaryResult } from '../core/stage/binary-result.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { assembleRequest } from '../core/validation/assemble-request.js';
import { DtoValidator } from '../core/validation/dto-validator.js';
import { RequestLog } from '../logging/request-log.js';
import { isAcceptable } from './body/media-type.js';
import { GateChecks } from './gate-checks.js';
import { ErrorResponder } from './reply/error-responder.js';
import { applyPending, binaryReply, type ReplyAdapter, streamReply, valueReply } from './reply/stage-reply.js';
import { type AdapterRequest, type AdapterResponse, bodyOf, contextOf, rawRequest, rawResponse } from './request-of.js';

/** Serves one request of one route: what a generated controller calls. @internal */
export type ServeRoute = (body: unknown, request: AdapterRequest, response: AdapterResponse) => Promise<unknown>;

/**
 * Takes HTTP requests through the pipeline: negotiate, decode, validate, stages, validate, encode. Knows nothing of what the stages do.
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
    return async (body, request, response) => {
      const context = contextOf(request);
      if (!context) throw new Error('The request has no context: WebServiceModule must be imported before the app is initialized');
      return contextStorage.run(context, async () => {
        this.openings.open(route, context);
        await this.checks.atController('stage', route.path, { request, response, context });
        this.runtime.assertReady(route.handler);
        refuseUnacceptable(route, context);
        const given = await this.receive(route, body, request, context);
        const result = await this.pipelines.of(route).execute(given, context, await handlerOf(request));
        return this.reply(route, given, result, context, response);
      });
    };
  }

  private async receive(route: StageRoute, body: unknown, request: AdapterRequest, context: RequestContext): Promise<unknown> {
    const raw = rawRequest(request);
    const parameters = { path: asRecord(request.params), query: asRecord(request.query) };
    const assembled = assembleRequest(route, body, parameters);
    this.requestLog.received(
      context,
      { method: raw.method, contentType: raw.headers['content-type'], bytes: bodyOf(request)?.bytes ?? 0 },
      assembled,
    );
    const validated = await this.validator.request(route, assembled);
    route.protocol.admit?.(validated, context);
    return validated;
  }

  private async reply(
    route: StageRoute,
    request: unknown,
    result: unknown,
    context: RequestContext,
    response: AdapterResponse,
  ): Promise<unknown> {
    const adapter = this.host.httpAdapter as unknown as ReplyAdapter;
    const fail = (thrown: unknown): ReturnType<ErrorResponder['sanitize']> => this.responder.sanitize(thrown, context);
    const exchange: ProtocolExchange = { context, request, fail };
    const binary = toBinaryResult(result);
    const reply = binary
      ? await binaryReply(binary, context, (error) => void fail(error))
      : await this.encode(route, result, exchange, response, adapter);
    applyPending(context, response, adapter);
    if (context.response.status !== undefined) setStatus(response, context.response.status);
    return reply;
  }

  private async encode(
    route: StageRoute,
    result: unknown,
    exchange: ProtocolExchange,
    response: AdapterResponse,
    adapter: ReplyAdapter,
  ): Promise<unknown> {
    const encoded = isAsyncIterable(result)
      ? await route.protocol.encodeStream(await primed(this.checkedItems(route, result)), exchange)
      : await route.protocol.encodeValue(await this.validator.response(route, result), exchange);
    return 'chunks' in encoded
      ? streamReply(encoded, exchange.context as RequestContext, response, adapter)
      : valueReply(encoded, response, adapter);
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

function setStatus(response: AdapterResponse, status: number): void {
  if ('raw' in response) (response as unknown as { status(code: number): void }).status(status);
  else rawResponse(response).statusCode = status;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> => (value ?? {}) as Record<string, unknown>;

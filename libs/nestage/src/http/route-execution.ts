import { Injectable } from '@nestjs/common';
import { andThen } from '../common/and-then.js';
import { itemsOf } from '../common/items/iterator-items.js';
import { MappedItems } from '../common/items/item-stage.js';
import { primed } from '../common/items/primed-items.js';
import { isAsyncIterable, isPromiseLike } from '../common/type-guards.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { StagePipelines } from '../core/pipeline/stage-pipelines.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import type { SanitizedError } from '../core/errors/sanitize-error.js';
import type { EncodedStream, EncodedValue, ProtocolExchange } from '../core/protocol/route-protocol.js';
import { type BinaryResult, toBinaryResult } from '../core/stage/binary-result.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { assembleRequest, type RequestParameters } from '../core/validation/assemble-request.js';
import { DtoValidator } from '../core/validation/dto-validator.js';
import { type ReceivedBody, RequestLog } from '../logging/request-log.js';
import { ErrorResponder } from './reply/error-responder.js';

/** What a request brought, by whatever door. @internal */
export interface RouteInput {
  readonly body: unknown;
  readonly parameters: RequestParameters;
  readonly received: ReceivedBody;
}

/** A validated request on its way through the stages. @internal */
export interface RouteExchange {
  readonly route: StageRoute;
  readonly request: unknown;
  readonly context: RequestContext;
  readonly handler: StageLifecycle;
  /** Sees each item of a streamed answer before it is encoded; the stream waits for it. */
  readonly onItem?: (item: unknown) => Promise<void>;
  /** Told when a streamed answer fails after it has begun. */
  readonly onFailure?: (error: SanitizedError) => void;
}

/** An answer in the form of its protocol, before it is written anywhere. @internal */
export type RouteOutput = BinaryResult | EncodedStream | EncodedValue;

/**
 * What every transport does with a request of a route: assemble, validate, stages, validate, encode. Each step goes on at once where
 * there is nothing to wait for.
 * @internal
 */
@Injectable()
export class RouteExecution {
  constructor(
    private readonly pipelines: StagePipelines,
    private readonly validator: DtoValidator,
    private readonly responder: ErrorResponder,
    private readonly requestLog: RequestLog,
  ) {}

  /** @returns the validated request, or a promise of it; throws or rejects for one that is refused */
  receive(route: StageRoute, { body, parameters, received }: RouteInput, context: RequestContext): unknown {
    const assembled = assembleRequest(route, body, parameters);
    this.requestLog.received(context, received, assembled);
    const validated = this.validator.request(route, assembled);
    return isPromiseLike(validated) ? validated.then((value) => admitted(route, value, context)) : admitted(route, validated, context);
  }

  execute(exchange: RouteExchange): RouteOutput | PromiseLike<RouteOutput> {
    const { route, request, context, handler } = exchange;
    const result = this.pipelines.of(route).proceed(request, context, handler);
    return isPromiseLike(result) ? result.then((value) => this.encode(exchange, value)) : this.encode(exchange, result);
  }

  private encode(exchange: RouteExchange, result: unknown): RouteOutput | PromiseLike<RouteOutput> {
    const { route, request, context } = exchange;
    const binary = toBinaryResult(result);
    if (binary) return binary;
    const fail = (thrown: unknown): SanitizedError => {
      const error = this.responder.sanitize(thrown, context);
      exchange.onFailure?.(error);
      return error;
    };
    const outgoing: ProtocolExchange = { context, request, fail };
    if (!isAsyncIterable(result)) {
      return andThen(this.validator.response(route, result), (value) => route.protocol.encodeValue(value, outgoing));
    }
    return andThen(this.openedOf(exchange, result), (items) => route.protocol.encodeStream(items, outgoing));
  }

  /** Checked items, of which the first is there: one that fails is the failure of the request. */
  private openedOf(exchange: RouteExchange, items: AsyncIterable<unknown>): AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>> {
    const check = this.checkOf(exchange);
    if (!check && items instanceof StageStream) return items; // its first item has been taken
    const source = itemsOf(items);
    return primed(check ? new MappedItems(source, check) : source);
  }

  /** What each item of a streamed answer goes through before it is encoded, if anything. */
  private checkOf({ route, onItem }: RouteExchange): ((item: unknown) => unknown) | undefined {
    const check = (item: unknown): unknown => this.validator.response(route, item);
    if (!onItem) return route.response && check;
    return (item) => andThen(check(item), (checked) => onItem(checked).then(() => checked));
  }
}

/** A valid request that the route's protocol takes, too. */
function admitted(route: StageRoute, request: unknown, context: RequestContext): unknown {
  route.protocol.admit?.(request, context);
  return request;
}

import { type ArgumentsHost, Catch, type ExceptionFilter, type Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { isInstance } from '../common/type-guards.js';
import type { RouteProtocol } from '../core/protocol/route-protocol.js';
import type { ContextOpener } from './context/context-opener.js';
import type { ErrorResponder } from './reply/error-responder.js';
import { type AdapterRequest, type AdapterResponse, contextOf, rawRequest, rawResponse } from './request-of.js';

/** Where Nest keeps what `@Catch()` was given. */
const FILTER_CATCH_EXCEPTIONS = '__filterCatchExceptions__';

/** What an error filter works with. @internal */
export interface ErrorFilterInit {
  readonly responder: ErrorResponder;
  readonly opener: ContextOpener;
  /** The app's own configuration, for its global filters; `undefined` for a filter that is one of them. */
  readonly appConfig: ApplicationConfig | undefined;
  /** Protocol of the error's answer. */
  readonly protocol: (request: AdapterRequest) => RouteProtocol;
  /** Replaces an error by a better one before it is answered, such as 404 by 405. */
  readonly refine?: (thrown: unknown, request: AdapterRequest) => unknown;
}

/**
 * Answers whatever is thrown on the routes it is bound to. A global filter of the app for just this kind of error comes first;
 * catch-all filters of the app do not, since a stage route speaks its own protocol.
 * @internal
 */
@Catch()
export class StageErrorFilter implements ExceptionFilter {
  constructor(private readonly init: ErrorFilterInit) {}

  catch(thrown: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') throw thrown;
    const specific = this.specificFilter(thrown);
    if (specific) return specific.catch(thrown, host);
    const request = host.switchToHttp().getRequest<AdapterRequest>();
    const response = host.switchToHttp().getResponse<AdapterResponse>();
    const { responder, opener, protocol, refine } = this.init;
    const context = contextOf(request) ?? opener.open(rawRequest(request), rawResponse(response));
    responder.answer(refine ? refine(thrown, request) : thrown, response, context, protocol(request));
  }

  private specificFilter(thrown: unknown): ExceptionFilter | undefined {
    return this.init.appConfig?.getGlobalFilters().find((filter) => {
      const caught = Reflect.getMetadata(FILTER_CATCH_EXCEPTIONS, filter.constructor) as readonly Type[] | undefined;
      return caught?.some((type) => typeof type === 'function' && isInstance(thrown, type));
    });
  }
}

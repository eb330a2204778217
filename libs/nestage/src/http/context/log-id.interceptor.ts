import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { RequestLog } from '../../logging/request-log.js';
import { ContextOpener } from './context-opener.js';
import { GENERATED } from '../routes/route-metadata.js';
import { type AdapterRequest, type AdapterResponse, contextOf, rawRequest, rawResponse } from '../request-of.js';

/**
 * Binds the name of the handler to the open request and writes its first line, `Request handler type: X`. Stage routes carry it
 * already; put it on an ordinary controller to have the same there.
 *
 * @example
 * ```ts
 * @UseInterceptors(LogIdInterceptor, ResourceLogInterceptor)
 * @Controller('orders')
 * export class OrdersController {}
 * ```
 * @publicApi
 */
@Injectable()
export class LogIdInterceptor implements NestInterceptor {
  constructor(
    private readonly opener: ContextOpener,
    private readonly requestLog: RequestLog,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const request = execution.switchToHttp().getRequest<AdapterRequest>();
    const response = execution.switchToHttp().getResponse<AdapterResponse>();
    const context = contextOf(request) ?? this.opener.open(rawRequest(request), rawResponse(response));
    context.handlerName ||= handlerName(execution);
    this.requestLog.accepted(context, context.handlerName);
    return next.handle();
  }
}

/** A generated controller is named after its route; an ordinary one serves several by its methods. */
function handlerName(execution: ExecutionContext): string {
  const controller = execution.getClass();
  return Reflect.hasMetadata(GENERATED, controller) ? controller.name : `${controller.name}.${execution.getHandler().name}`;
}

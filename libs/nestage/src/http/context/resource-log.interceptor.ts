import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { type AdapterResponse, rawResponse } from '../request-of.js';
import { seeToClosingLine } from './open-request.js';

/**
 * Sees to the last line of a request, with duration, status and tier, when its answer has left; the line carries CPU, memory and GPU
 * as every line does. Stage routes carry it already; stands behind `LogIdInterceptor` on ordinary controllers.
 * @publicApi
 */
@Injectable()
export class ResourceLogInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    seeToClosingLine(rawResponse(execution.switchToHttp().getResponse<AdapterResponse>()));
    return next.handle();
  }
}

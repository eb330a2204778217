import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { RequestError } from '../../core/errors/service-errors.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { RequestRecords } from '../../metrics/request-records.js';
import type { AdapterRequest } from '../request-of.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

/**
 * `GET /requests/:logid`: what became of one of the last requests.
 * @internal
 */
@Injectable()
export class RequestRecordRoutes {
  constructor(
    private readonly records: RequestRecords,
    private readonly access: DetailAccess,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.records;
    if (!route) return [];
    return [{ name: 'RequestRecordController', path: `${route.path}/:logid`, handle: (execution) => this.record(execution) }];
  }

  private async record(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    const { logid } = execution.switchToHttp().getRequest<AdapterRequest>().params as { readonly logid: string };
    const record = this.records.find(logid);
    if (!record) throw new RequestError(`No record of this request: the last ${this.records.size} are kept`, { code: 'not_found' });
    return { status: 200, body: record };
  }
}

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { RequestError } from '../../core/errors/service-errors.js';
import { ProcessGroup } from '../../core/processes/process-group.js';
import { RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions } from '../../metrics/metrics.options.js';
import { type RequestRecord, RequestRecords } from '../../metrics/records/request-records.js';
import type { AdapterRequest } from '../request-of.js';
import type { BuiltInReply, BuiltInRouteInit } from './builtin-controller.factory.js';
import { DetailAccess } from './detail-access.js';

const TOPIC = 'record';

/**
 * `GET /requests/:logid`: what became of one of the last requests, whichever process had it.
 * @internal
 */
@Injectable()
export class RequestRecordRoutes {
  constructor(
    private readonly records: RequestRecords,
    private readonly access: DetailAccess,
    private readonly group: ProcessGroup,
    @Inject(RESOLVED_METRICS_OPTIONS) private readonly options: ResolvedMetricsOptions,
  ) {
    group.answers(TOPIC, (logId) => records.find(String(logId)));
  }

  routes(): readonly BuiltInRouteInit[] {
    const { route } = this.options.records;
    if (!route) return [];
    return [{ name: 'RequestRecordController', path: `${route.path}/:logid`, handle: (execution) => this.record(execution) }];
  }

  private async record(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    const { logid } = execution.switchToHttp().getRequest<AdapterRequest>().params as { readonly logid: string };
    const record = this.records.find(logid) ?? (await this.findElsewhere(logid));
    if (!record) throw new RequestError(`No record of this request: the last ${this.records.size} are kept`, { code: 'not_found' });
    return { status: 200, body: record };
  }
  private async findElsewhere(logId: string): Promise<RequestRecord | undefined> {
    if (!this.group.isShared) return undefined;
    const { processes } = await this.group.ask<RequestRecord>({ topic: TOPIC, argument: logId });
    return processes.find(({ value }) => value !== undefined)?.value;
  }
}

import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { callerOf } from '../core/context/caller.js';
import type { RequestContext } from '../core/context/request-context.js';
import { RequestError } from '../core/errors/service-errors.js';
import { LogWriter } from '../core/log/log-writer.js';
import { ProcessGroup } from '../core/processes/process-group.js';
import type { BuiltInReply } from '../http/builtin/builtin-controller.factory.js';
import { DetailAccess } from '../http/builtin/detail-access.js';
import { addressOf } from '../http/gate/gate-checks.js';
import { type AdapterRequest, contextOf, rawRequest } from '../http/request-of.js';
import { tellRefusedAccess } from '../http/gate/refused-access.js';
import { pathOf } from '../http/gate/route-table.js';
import { ServiceDegrader } from '../resilience/breaker/service-degrader.js';
import { RESOLVED_DASHBOARD_OPTIONS, type ResolvedDashboardOptions } from './dashboard.options.js';
import { isSameOrigin } from './same-origin.js';

const TOPIC = 'breaker-reset';

/**
 * `POST /dashboard/breakers/reset?path=/v1/x` closes the breaker of a path, in every process.
 * @internal
 */
@Injectable()
export class BreakerReset {
  constructor(
    private readonly degrader: ServiceDegrader,
    private readonly access: DetailAccess,
    private readonly group: ProcessGroup,
    private readonly log: LogWriter,
    @Inject(RESOLVED_DASHBOARD_OPTIONS) private readonly options: ResolvedDashboardOptions,
  ) {
    group.answers(TOPIC, (path) => this.reset(String(path)));
  }

  async handle(execution: ExecutionContext): Promise<BuiltInReply> {
    await this.access.assertAllowed(execution);
    const request = execution.switchToHttp().getRequest<AdapterRequest>();
    const context = contextOf(request) as RequestContext;
    const asked = { context, method: 'POST', path: pathOf(rawRequest(request).url), address: addressOf(request) };
    if (!isSameOrigin(context)) {
      tellRefusedAccess(this.log, { request: asked, reason: 'foreign origin' });
      throw new RequestError('Refused because it comes from another site', { code: 'forbidden' });
    }
    if (!this.options.breakerReset)
      throw new RequestError('Breakers are not reset from here: breakerReset is false', { code: 'forbidden' });
    const { path } = request.query as { readonly path?: unknown };
    if (typeof path !== 'string' || this.degrader.stateOf(path) === undefined) {
      throw new RequestError('No route on this path has a breaker', { code: 'not_found' });
    }
    await this.group.ask({ topic: TOPIC, argument: path });
    const by = callerOf(context)?.name ?? 'an operator';
    this.log.write('WARNING', `Breaker of ${path} was reset by ${by}, from ${asked.address}`, context.logId);
    return { status: 200, body: { path, breaker: this.degrader.stateOf(path) }, headers: { 'cache-control': 'no-store' } };
  }

  private reset(path: string): string | undefined {
    if (this.degrader.stateOf(path) !== undefined) this.degrader.reset(path);
    return this.degrader.stateOf(path);
  }
}

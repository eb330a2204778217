import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RequestError } from '../../core/errors/service-errors.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { GateChecks } from '../gate/gate-checks.js';
import { type AdapterRequest, contextOf, rawRequest } from '../request-of.js';
import { hasDetailsGrant } from './details-grant.js';
import { ManagementListener } from './management-listener.js';

/**
 * Who may see more than a status: whoever the management guards let pass; without guards, requests by the management listener, and
 * requests from this machine that no proxy has forwarded and no name of the DNS has led here. Where the gate demands keys, only those of operators, whatever listener or
 * machine they come from; management guards then decide on top.
 * @internal
 */
@Injectable()
export class DetailAccess {
  private guards: Promise<readonly CanActivate[]> | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly management: ManagementListener,
    private readonly checks: GateChecks,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
  ) {}

  /** @throws RequestError `forbidden` where guards decide, else `not_found`: for others there is no such route */
  async assertAllowed(execution: ExecutionContext): Promise<void> {
    if (await this.isAllowed(execution)) return;
    const isGuarded = (this.options.management.guards ?? []).length > 0;
    if (isGuarded) throw new RequestError('The management guards refused the request', { code: 'forbidden' });
    throw new RequestError('Shown to local requests only, unless a guard or the management port protects it', { code: 'not_found' });
  }

  async isAllowed(execution: ExecutionContext): Promise<boolean> {
    const adapterRequest = execution.switchToHttp().getRequest<AdapterRequest>();
    const request = rawRequest(adapterRequest);
    const types = this.options.management.guards ?? [];
    if (this.checks.isIdentifying && !hasDetailsGrant(contextOf(adapterRequest))) return false;
    if (types.length === 0) return this.checks.isIdentifying || this.management.isOwn(request) || isLocal(request);
    this.guards ??= Promise.all(types.map((type) => this.moduleRef.create(type)));
    for (const guard of await this.guards) {
      if (!(await passes(guard, execution))) return false;
    }
    return true;
  }
}

async function passes(guard: CanActivate, execution: ExecutionContext): Promise<boolean> {
  try {
    return (await guard.canActivate(execution)) === true;
  } catch {
    return false; // a guard refuses by throwing, too; the caller then sees the status only
  }
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined || headers['x-real-ip'] !== undefined;
  return !isForwarded && /^(?:127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '') && !isNameOfOthers(headers.host);
}

/** A page may lead the browser of an operator here by a name of its own (DNS rebinding); not by an address, nor by a name without a domain. */
function isNameOfOthers(host = ''): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.includes('.') && !name.endsWith('.localhost') && isIP(name) === 0;
}

import type { StageContext } from '../core/context/stage-context.js';
import type { ErrorCode } from '../core/errors/error-catalogue.js';
import { RequestError } from '../core/errors/service-errors.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { GateCheck, GateKind, GateRequest } from '../http/gate/gate-checks.js';
import { tellRefusedAccess } from '../http/gate/refused-access.js';
import type { ResolvedMcpOptions } from './mcp.options.js';

const VISIT = Symbol('nestage:mcp-visit');
const THIS_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The request of a message as the gate saw it; what it asks a tool for must pass there, too. @internal */
export const visitOf = ({ state }: StageContext): GateRequest | undefined => state.get(VISIT) as GateRequest | undefined;

/**
 * Refuses messages that a page of another site made a browser send, also by a name of its own that leads to this machine. Programs name no
 * origin, and are let through to the keys.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 * @internal
 */
export class OriginCheck implements GateCheck {
  readonly isIdentifying = false;
  readonly refusals: readonly ErrorCode[] = [];

  constructor(
    private readonly options: ResolvedMcpOptions,
    private readonly log: LogWriter,
  ) {}

  covers(kind: GateKind): boolean {
    return kind === 'stage';
  }

  async check(request: GateRequest): Promise<void> {
    const { context, path } = request;
    if (path !== this.options.path || context.origin !== 'http') return;
    context.state.set(VISIT, request);
    const { origin, host } = context.headers;
    if (origin !== undefined && !this.isAllowedOrigin(String(origin))) throw this.refusal('foreign origin', request);
    if (!this.isAllowedHost(String(host ?? ''))) throw this.refusal('foreign host', request);
  }

  private isAllowedOrigin(origin: string): boolean {
    if (this.options.allowedOrigins.includes(origin)) return true;
    return URL.canParse(origin) && THIS_MACHINE.has(new URL(origin).hostname);
  }

  private isAllowedHost(host: string): boolean {
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return this.options.allowedHosts?.includes(name) ?? true;
  }

  private refusal(reason: string, request: GateRequest): RequestError {
    tellRefusedAccess(this.log, { request, reason });
    return new RequestError('Refused because it comes from another site', { code: 'forbidden' });
  }
}

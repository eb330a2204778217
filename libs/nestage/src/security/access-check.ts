import { bindCaller } from '../core/context/caller.js';
import type { ErrorCode } from '../core/errors/error-catalogue.js';
import { RequestError } from '../core/errors/service-errors.js';
import { isWebServiceError } from '../core/errors/web-service.error.js';
import type { LogWriter } from '../core/log/log-writer.js';
import { grantDetails } from '../http/builtin/details-grant.js';
import type { GateCheck, GateKind, GateRequest } from '../http/gate/gate-checks.js';
import { tellRefusedAccess } from '../http/gate/refused-access.js';
import type { ApiKey } from './api-key.js';
import type { ApiKeys } from './api-keys.js';
import { isBrowser, isPage, typedKey } from './browser-sign-in.js';
import { presentedKey } from './credentials.js';
import type { Principal } from './principal.js';
import type { RateLimiter } from './rate-limiter.js';

/** @internal */
export interface AccessCheckInit {
  readonly keys: ApiKeys;
  readonly limiter: RateLimiter | undefined;
  /** Whether paths that are not the service's are its business. */
  readonly everywhere: boolean;
  readonly log: LogWriter;
  /** What the keys are for, as clients are told in WWW-Authenticate. */
  readonly realm: string;
}

/** Why a request is not let in, and the name of the key it came with. */
interface Refusal {
  readonly error: RequestError;
  readonly reason: string;
  readonly name: string | undefined;
}

/**
 * Lets in who has a key that opens the path, as often as the limits allow. Addresses are counted before keys are looked at, so that
 * guessing is limited, too. Every refusal leaves a line with the name of the key, never the key.
 * @internal
 */
export class AccessCheck implements GateCheck {
  readonly isIdentifying: boolean;

  readonly refusals: readonly ErrorCode[];

  constructor(private readonly init: AccessCheckInit) {
    this.isIdentifying = init.keys.isDemanded;
    this.refusals = [
      ...(this.isIdentifying ? (['unauthorized', 'forbidden'] as const) : []),
      ...(init.limiter ? (['rate_limited'] as const) : []),
    ];
  }

  covers(kind: GateKind): boolean {
    if (kind === 'other' && !this.init.everywhere) return false;
    return this.isIdentifying || (this.init.limiter !== undefined && isCounted(kind));
  }

  async check(request: GateRequest): Promise<void> {
    const limiter = isCounted(request.kind) ? this.init.limiter : undefined;
    let principal: Principal | undefined;
    try {
      await limiter?.countAddress(request);
      principal = this.isIdentifying ? this.identify(request) : undefined;
      if (principal) await limiter?.countKey(request, principal);
    } catch (error) {
      if (isWebServiceError(error) && error.code === 'rate_limited') this.audit(request, { reason: 'rate_limited', name: principal?.name });
      throw error;
    }
  }

  /** @throws RequestError unless the route shows itself to anybody, in part */
  private identify(request: GateRequest): Principal | undefined {
    const verdict = this.judge(request);
    if ('error' in verdict) {
      if (request.kind === 'status') return undefined; // whoever is not let in sees the status
      this.audit(request, verdict);
      throw verdict.error;
    }
    if (verdict.isManagement) grantDetails(request.context);
    return bindCaller(request.context, verdict);
  }

  private judge(request: GateRequest): ApiKey | Refusal {
    const { headers } = request.context;
    const given = presentedKey(headers) ?? (isPage(request) ? typedKey(headers) : undefined);
    if (given === undefined) {
      const text = 'An API key is required, as a Bearer token or in x-api-key';
      return { error: this.unauthorized(request, text), reason: 'no key', name: undefined };
    }
    const { isValid, key } = this.init.keys.check(given);
    if (!isValid) {
      const [text, reason] = key ? ['The API key has expired', 'expired key'] : ['The API key is not known', 'unknown key'];
      return { error: this.unauthorized(request, text, 'invalid_token'), reason, name: key?.name };
    }
    if (opens(key, request)) return key;
    return { error: new RequestError('The API key does not open this path', { code: 'forbidden' }), reason: 'wrong scope', name: key.name };
  }

  /** A browser that asks for a page is told to ask for the key. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
  private unauthorized(request: GateRequest, text: string, error?: string): RequestError {
    const { realm } = this.init;
    const bearer = `Bearer realm="${realm}"${error ? `, error="${error}"` : ''}`;
    const challenge = isPage(request) && isBrowser(request.context.headers) ? `Basic realm="${realm}", charset="UTF-8"` : bearer;
    return new RequestError(text, { code: 'unauthorized', headers: { 'www-authenticate': challenge } });
  }

  private audit(request: GateRequest, { reason, name = 'unknown' }: Pick<Refusal, 'reason' | 'name'>): void {
    tellRefusedAccess(this.init.log, { request, reason, name });
  }
}

/** Limits hold for work, not for those who watch over it. */
const isCounted = (kind: GateKind): boolean => kind === 'stage' || kind === 'other';

function opens({ isManagement, paths }: ApiKey, { kind, path }: GateRequest): boolean {
  if (kind === 'operator' || kind === 'status') return isManagement;
  return kind === 'client' || paths.some((matches) => matches(path)); // whoever has a key may see what he has handed in
}

import type { FeatureRoute } from '../core/discovery/feature-routes.js';
import { RequestError } from '../core/errors/service-errors.js';
import { McpHandler } from './mcp.handler.js';
import type { ResolvedMcpOptions } from './mcp.options.js';
import { mcpProtocol } from './mcp.protocol.js';

/** Longer than any timer waits. */
const ENDLESS_MS = 2 ** 31 - 1;
/** More than the tools of a process let in. */
const MESSAGES_AT_ONCE = 10_000;

/** The endpoint as routes. Limits are those of the tools: it sets none that would come before them. @internal */
export const endpointOf = ({ path, maxBodyBytes }: ResolvedMcpOptions): readonly FeatureRoute[] => {
  const shared = { request: false, protocol: mcpProtocol, retry: false, breaker: false, coalesce: false, cache: false } as const;
  const endless = { timeoutMs: ENDLESS_MS, itemTimeoutMs: ENDLESS_MS, streamTimeoutMs: ENDLESS_MS };
  const options = {
    ...shared,
    ...endless,
    name: 'Mcp',
    produces: ['application/json', 'text/event-stream'],
    maxBodyBytes,
    concurrency: MESSAGES_AT_ONCE,
    queue: 0,
  };
  const others = (['GET', 'DELETE'] as const).map((method) => ({ path, handler: McpOtherMethods, options: { ...shared, method } }));
  return [{ path, handler: McpHandler, options }, ...others];
};

/**
 * What asks for streams that belong to no message, and for the end of sessions: there are neither. Clients look for 405, which an app as a
 * guest of which we are would not say.
 * @internal
 */
export class McpOtherMethods {
  run(): never {
    throw new RequestError('Only POST is served here', { code: 'method_not_allowed', headers: { allow: 'POST' } });
  }
}

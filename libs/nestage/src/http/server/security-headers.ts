import type { Server } from 'node:http';
import { DefaultHeaders, giveDefaults } from './default-headers.js';

/**
 * What browsers are told with every answer, unless a route says otherwise: answers are what their type says, stand in no frame of others, are
 * embedded by no other site, and links from them tell no address. Pages add a policy of their content themselves.
 * @see https://owasp.org/www-project-secure-headers/
 * @internal
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

const DEFAULTS = new DefaultHeaders(new Map(Object.entries(SECURITY_HEADERS)));

/** Gives them before anything else sees a request, so that refusals have them, too. @internal */
export function sendSecurityHeaders(server: Server): void {
  server.prependListener('request', (_request, response) => giveDefaults(response, DEFAULTS));
}

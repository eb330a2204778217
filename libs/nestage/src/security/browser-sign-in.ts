import type { HeaderBag } from '../core/context/log-id.js';
import type { GateRequest } from '../http/gate/gate-checks.js';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Whether a browser may sign in to look at a page for operators, such as the API document. Reading alone: browsers send what was typed with
 * every later request, also with those that another site makes them send.
 * @internal
 */
export const isPage = ({ kind, method }: GateRequest): boolean => kind === 'operator' && READING.has(method);

/**
 * The key that was typed as the password of HTTP Basic; the user name may be any. None where another site asks for what it could read.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 * @internal
 */
export function typedKey(headers: HeaderBag): string | undefined {
  const { authorization, 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode } = headers;
  const isOwn = site === 'none' || site === 'same-origin' || mode === 'navigate'; // what a navigation gives, the other site can't read
  const encoded = typeof authorization === 'string' && isOwn ? /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1] : undefined;
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1) || undefined;
}

/** Whether somebody sits before it who can be asked for a key. @internal */
export const isBrowser = ({ accept }: HeaderBag): boolean => typeof accept === 'string' && /\btext\/html\b/i.test(accept);

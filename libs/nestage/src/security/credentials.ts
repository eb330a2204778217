import type { HeaderBag } from '../core/context/log-id.js';

/**
 * The key that a request carries: of `Authorization: Bearer <key>`, else of `x-api-key`. An Authorization of another scheme is none.
 * @internal
 */
export function presentedKey(headers: HeaderBag): string | undefined {
  const { authorization, 'x-api-key': header } = headers;
  const bearer = typeof authorization === 'string' ? /^bearer +(\S.*)$/i.exec(authorization)?.[1].trimEnd() : undefined;
  return bearer ?? (typeof header === 'string' && header !== '' ? header : undefined);
}

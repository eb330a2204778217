import { RequestError } from '../core/errors/service-errors.js';
import type { StageContext } from '../core/context/stage-context.js';

/**
 * Refuses what a page of another site made a browser send. Browsers say where a request comes from by `Sec-Fetch-Site`, older ones by
 * `Origin`; programs say neither, and carry no sign-in that another site could use.
 * @throws RequestError `forbidden`
 * @see https://www.w3.org/TR/fetch-metadata/
 * @internal
 */
export function assertSameOrigin({ headers }: Pick<StageContext, 'headers'>): void {
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  const isOwn = site === undefined ? origin === undefined || hostOf(String(origin)) === host : site === 'same-origin';
  if (!isOwn) throw new RequestError('Refused because it comes from another site', { code: 'forbidden' });
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

import type { StageContext } from '../core/context/stage-context.js';

/**
 * Whether no page of another site made a browser send it. Browsers say where a request comes from by `Sec-Fetch-Site`, older ones by
 * `Origin`; programs say neither, and carry no sign-in that another site could use.
 * @see https://www.w3.org/TR/fetch-metadata/
 * @internal
 */
export function isSameOrigin({ headers }: Pick<StageContext, 'headers'>): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin === undefined || hostOf(String(origin)) === host;
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

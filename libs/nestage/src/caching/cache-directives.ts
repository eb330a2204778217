import type { StageContext } from '../core/context/stage-context.js';

/** What a request's `Cache-Control` allows. @internal */
export interface CacheDirectives {
  /** Whether its result may be given to others. */
  readonly mayStore: boolean;
  /** Whether it may be given what another's run made. */
  readonly mayReuse: boolean;
  /** Greatest age of a result that it takes, in milliseconds. */
  readonly maxAgeMs: number;
}

const ALL: CacheDirectives = { mayStore: true, mayReuse: true, maxAgeMs: Infinity };

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1 @internal */
export function directivesOf({ 'cache-control': given }: StageContext['headers']): CacheDirectives {
  if (given === undefined) return ALL;
  const directives = String(given)
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const mayStore = !directives.includes('no-store');
  const maxAge = directives.map((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1]).find((seconds) => seconds !== undefined);
  return {
    mayStore,
    mayReuse: mayStore && !directives.includes('no-cache') && maxAge !== '0',
    maxAgeMs: maxAge === undefined ? Infinity : Number(maxAge) * 1000,
  };
}

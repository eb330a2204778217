import type { CacheOutcome } from '../core/pipeline/cache-events.js';

/** How a request was answered, for whoever reads its reply. @see https://www.rfc-editor.org/rfc/rfc9211 @internal */
export function cacheStatus(outcome: CacheOutcome, leftMs = 0): string {
  switch (outcome) {
    case 'hit':
      return `nestage; hit; ttl=${Math.max(0, Math.floor(leftMs / 1000))}`;
    case 'joined':
      return 'nestage; fwd=miss; collapsed';
    case 'miss':
      return 'nestage; fwd=miss';
    case 'bypass':
      return 'nestage; fwd=bypass';
  }
}

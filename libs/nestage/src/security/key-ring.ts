import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from './api-key.js';

/**
 * A set of keys that never changes. Looking one up takes the same time whether it is known or not: the digest of what was given is
 * compared with every digest, each in constant time.
 * @internal
 */
export class KeyRing {
  constructor(readonly keys: readonly ApiKey[]) {}

  /** @param given the value of a header, one character a byte as Node gives it */
  find(given: string): ApiKey | undefined {
    const digest = createHash('sha256').update(given, 'latin1').digest();
    let found: ApiKey | undefined;
    for (const key of this.keys) if (timingSafeEqual(key.digest, digest)) found = key;
    return found;
  }
}

import { createHash } from 'node:crypto';
import type { PathMatcher } from './path-pattern.js';

/** Scope of the service's own routes for operators: statistics, metrics, request records, the API document, details of health. @publicApi */
export const MANAGEMENT_SCOPE = 'management';

/** One API key as it is configured: its hash, never the key itself. @publicApi */
export interface ApiKeyEntry {
  /**
   * Whom it belongs to, in log lines and for stages: 1 to 64 letters, digits and `. _ @ -`. Several keys may share a name, so that a new
   * one can be given out before the old one ends.
   */
  readonly name: string;
  /** `sha256:` and the 64 hex digits of the key's SHA-256, as `hashApiKey(key)` makes it. */
  readonly hash: string;
  /**
   * What it opens: patterns of paths as given to `@StageHandler`, with `*` within a segment and `**` for any number of them, and
   * `'management'` for the routes of operators. @default every path, and not 'management'
   */
  readonly scopes?: readonly string[];
  /** From when on it is refused, such as `2027-01-31T00:00:00Z`. @default never */
  readonly expiresAt?: string | Date;
}

/** A key that was read and checked. @internal */
export interface ApiKey {
  readonly name: string;
  readonly digest: Buffer;
  readonly scopes: readonly string[];
  /** Opens the routes of operators. */
  readonly isManagement: boolean;
  /** Patterns of the paths that it opens. */
  readonly paths: readonly PathMatcher[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * The form in which a key is configured, so that nobody who reads the configuration can use it.
 * @example hashApiKey(randomBytes(32).toString('base64url')); // 'sha256:...'
 * @publicApi
 */
export function hashApiKey(key: string): string {
  return `sha256:${createHash('sha256').update(key, 'utf8').digest('hex')}`;
}

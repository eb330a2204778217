import type { ThrottlerStorage } from '@nestjs/throttler';
import { checkOptions, either, integer, object, oneOf, type OptionCheck, OptionError } from '../common/option-checks.js';
import { hours, minutes } from '../common/duration.js';
import { withoutAbsent } from '../common/without-absent.js';
import { compilePathPattern, isPathPattern, type PathMatcher } from './path-pattern.js';

/** Whose requests are counted together. @publicApi */
export const RATE_LIMIT_SUBJECTS = ['key', 'ip', 'both'] as const;

/** @see RATE_LIMIT_SUBJECTS @publicApi */
export type RateLimitSubject = (typeof RATE_LIMIT_SUBJECTS)[number];

/** How many requests are let through. @publicApi */
export interface RateLimitRule {
  /** Requests within `windowMs`, from 1 to 10 000. @default 60 */
  readonly limit?: number;
  /** Length of the sliding window. @default 60 000 */
  readonly windowMs?: number;
  /**
   * Whose requests count together: those of a key's name (of an address where no key is demanded), those of an address (of an IPv6 network
   * of 64 bits) whatever its key, or each of both. @default 'key'
   */
  readonly by?: RateLimitSubject;
}

/** @publicApi */
export interface RateLimitOptions extends RateLimitRule {
  /**
   * Rules for patterns of paths, such as `{ '/v1/chat/**': { limit: 10 }, '/v1/models': false }`. The first that fits counts, and it counts
   * its requests apart from all others; `false` leaves them uncounted. A field that it does not give is that of the general rule.
   */
  readonly paths?: Readonly<Record<string, RateLimitRule | false>>;
  /** How long whoever has exceeded a limit stays refused. 0: until the window has room. @default 0 */
  readonly blockMs?: number;
  /** Where requests are counted: a `ThrottlerStorage` of @nestjs/throttler, such as one that several processes share. @default memory */
  readonly storage?: ThrottlerStorage;
}

/** A rule with every default filled. @internal */
export interface ResolvedRateLimitRule extends Required<RateLimitRule> {
  /** Keeps its counts apart. */
  readonly name: string;
}

/** @internal */
export interface ResolvedRateLimitOptions {
  readonly general: ResolvedRateLimitRule;
  /** `undefined` rules don't count. */
  readonly paths: readonly { readonly matches: PathMatcher; readonly rule: ResolvedRateLimitRule | undefined }[];
  readonly blockMs: number;
  readonly storage: ThrottlerStorage | undefined;
}

const RULE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  limit: integer(1, 10_000),
  windowMs: integer(1, hours(24)),
  by: oneOf(...RATE_LIMIT_SUBJECTS),
};

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  ...RULE_CHECKS,
  paths: object,
  blockMs: integer(0, hours(24)),
  storage: {
    describe: 'a ThrottlerStorage',
    accepts: (value) => typeof (value as Partial<ThrottlerStorage> | null)?.increment === 'function',
  },
};

/** Fills the defaults field by field. @throws OptionError @internal */
export function resolveRateLimit(given: RateLimitOptions, place: string): ResolvedRateLimitOptions {
  checkOptions(given, CHECKS, place, 'rateLimit.');
  const { limit = 60, windowMs = minutes(1), by = 'key' } = given;
  const general: ResolvedRateLimitRule = { name: '*', limit, windowMs, by };
  const paths = Object.entries(given.paths ?? {}).map(([pattern, rule]) => {
    const label = `rateLimit.paths["${pattern}"]`;
    if (!isPathPattern(pattern)) {
      throw new OptionError(`"${label}" must be named by a path pattern such as "/v1/**", got ${pattern} (set it in ${place}).`);
    }
    checkOptions({ [label]: rule }, { [label]: either(object, oneOf(false)) }, place);
    if (rule) checkOptions(rule, RULE_CHECKS, place, `${label}.`);
    return { matches: compilePathPattern(pattern), rule: rule ? { ...general, ...withoutAbsent(rule), name: pattern } : undefined };
  });
  return { general, paths, blockMs: given.blockMs ?? 0, storage: given.storage };
}

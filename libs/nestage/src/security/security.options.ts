import { checkOptions, integer, object, type OptionCheck, typed } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import type { ServiceEnvironment } from '../core/options/service-environment.js';
import { type ApiKey, type ApiKeyEntry, MANAGEMENT_SCOPE } from './api-key.js';
import { readEnvironmentKeys } from './environment-keys.js';
import { type RateLimitOptions, resolveRateLimit, type ResolvedRateLimitOptions } from './rate-limit.options.js';
import { readKeys } from './read-keys.js';

/** Options of `SecurityModule.forRoot()`. @publicApi */
export interface SecurityOptions {
  /**
   * Keys by their hashes. An empty list is one, too: then nobody is let in.
   * @default those of `API_KEYS` and, with the scope 'management' alone, of `MANAGEMENT_API_KEYS`
   */
  readonly keys?: readonly ApiKeyEntry[];
  /** JSON file with a list of keys, beside `keys`. It may be replaced at any time; what can't be used is left aside. @default `API_KEYS_FILE` */
  readonly keysFile?: string;
  /** How often the file is looked at. @default 1000 */
  readonly keysFilePollMs?: number;
  /** Demands a key, and counts requests, on every other path of the app as well: ordinary controllers, static files, 404s. @default false */
  readonly everywhere?: boolean;
  /** How many requests are let through. @default as many as come */
  readonly rateLimit?: RateLimitOptions;
}

/** @internal */
export interface ResolvedSecurityOptions {
  /** `undefined` when none were ever given. */
  readonly keys: readonly ApiKey[] | undefined;
  readonly keysFile: string | undefined;
  readonly keysFilePollMs: number;
  readonly everywhere: boolean;
  readonly rateLimit: ResolvedRateLimitOptions | undefined;
}

const PLACE = 'SecurityModule.forRoot()';

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  keys: { describe: '', accepts: () => true }, // checked apart: no value of it may be shown
  keysFile: typed('string'),
  keysFilePollMs: integer(10, seconds(60)),
  everywhere: typed('boolean'),
  rateLimit: object,
};

/** Fills the defaults field by field, from the environment where that has any. @throws OptionError @internal */
export function resolveSecurityOptions(given: SecurityOptions, environment: Partial<ServiceEnvironment>): ResolvedSecurityOptions {
  checkOptions(given, CHECKS, PLACE);
  const { keys, keysFile, rateLimit } = given;
  return {
    keys: keys === undefined ? keysOf(environment) : readKeys(keys, 'keys', PLACE),
    keysFile: keysFile ?? environment.apiKeysFile,
    keysFilePollMs: given.keysFilePollMs ?? seconds(1),
    everywhere: given.everywhere ?? false,
    rateLimit: rateLimit && resolveRateLimit(rateLimit, PLACE),
  };
}

function keysOf({ apiKeys, managementApiKeys }: Partial<ServiceEnvironment>): readonly ApiKey[] | undefined {
  if (apiKeys === undefined && managementApiKeys === undefined) return undefined;
  const entries = [
    ...readEnvironmentKeys(apiKeys ?? '', 'API_KEYS'),
    ...readEnvironmentKeys(managementApiKeys ?? '', 'MANAGEMENT_API_KEYS', [MANAGEMENT_SCOPE]),
  ];
  return readKeys(entries, 'API_KEYS', 'the environment');
}

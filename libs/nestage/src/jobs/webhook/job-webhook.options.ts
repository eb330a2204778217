import { lookup } from 'node:dns/promises';
import { array, checkOptions, integer, OptionError, type OptionCheck, typed } from '../../common/option-checks.js';
import { seconds } from '../../common/duration.js';
import { type HostPattern, readHostPattern } from '../../common/host-pattern.js';
import { isPublicAddress } from '../../common/public-address.js';

/** Where and how the ends of jobs are told. @publicApi */
export interface JobWebhookOptions {
  /** Signs each request: HMAC-SHA256 over time and body, as `verifyWebhook` checks it. At least 16 characters. */
  readonly secret: string;
  /** Address that hears of every job. @default only those that clients name */
  readonly url?: string;
  /**
   * Hosts that a client may name by `x-job-webhook`: `hooks.example.com`, `*.example.com` for all below it, with a port where it is not the
   * usual one. @default none: the header is refused
   */
  readonly hosts?: readonly string[];
  /** Whether clients may name http: addresses, too. @default false */
  readonly http?: boolean;
  /** How often it is tried in all. @default 8 */
  readonly tries?: number;
  /** Wait before the second try in milliseconds; doubled for each one after it, up to a minute. @default 1000 */
  readonly backoffMs?: number;
  /** How long one try may take, in milliseconds. @default 10 000 */
  readonly timeoutMs?: number;
  /** All addresses of a host. @default what the system says */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Whether an address that a client's host resolves to may be connected to. @default addresses of the public internet */
  readonly isAllowedAddress?: (address: string) => boolean;
  /** Certificates, as PEM, of authorities that are trusted instead of the usual ones. */
  readonly ca?: string;
}

/** @internal */
export interface ResolvedJobWebhookOptions extends Required<Omit<JobWebhookOptions, 'hosts' | 'url' | 'ca'>> {
  readonly url: string | undefined;
  readonly hosts: readonly HostPattern[];
  readonly ca: string | undefined;
}

/** A secret is never shown, not even a bad one. */
const secret: OptionCheck = { describe: '', accepts: () => true };
const MIN_SECRET_LENGTH = 16;

const CHECKS: Readonly<Record<keyof JobWebhookOptions, OptionCheck>> = {
  secret,
  url: { describe: 'an http or https URL', accepts: (value) => URL.canParse(String(value)) && /^https?:/.test(String(value)) },
  hosts: array,
  http: typed('boolean'),
  tries: integer(1, 100),
  backoffMs: integer(1),
  timeoutMs: integer(1),
  resolve: typed('function'),
  isAllowedAddress: typed('function'),
  ca: typed('string'),
};

/** @throws OptionError @internal */
export function resolveJobWebhookOptions(given: JobWebhookOptions, place: string): ResolvedJobWebhookOptions {
  checkOptions(given, CHECKS, place, 'webhook.');
  if (typeof given.secret !== 'string' || given.secret.length < MIN_SECRET_LENGTH) {
    throw new OptionError(`"webhook.secret" must be a text of at least ${MIN_SECRET_LENGTH} characters (set it in ${place}).`);
  }
  return {
    secret: given.secret,
    url: given.url,
    hosts: (given.hosts ?? []).map((host) => readHostPattern(host, 'webhook.hosts', place)),
    http: given.http ?? false,
    tries: given.tries ?? 8,
    backoffMs: given.backoffMs ?? seconds(1),
    timeoutMs: given.timeoutMs ?? seconds(10),
    resolve: given.resolve ?? (async (name) => (await lookup(name, { all: true })).map(({ address }) => address)),
    isAllowedAddress: given.isAllowedAddress ?? isPublicAddress,
    ca: given.ca,
  };
}

import { lookup } from 'node:dns/promises';
import { array, checkOptions, integer, typed } from '../common/option-checks.js';
import { type HostPattern, readHostPattern } from '../common/host-pattern.js';
import { isPublicAddress } from '../common/public-address.js';
import { seconds } from '../common/duration.js';
import { megabytes } from '../common/size.js';
import type { FileType } from './file-type.js';
import { IMAGE_TYPES, type KnownFileType } from './file-types.js';
import { resolveTypes } from './uploads.options.js';

/** @publicApi */
export interface RemoteFetcherOptions {
  /**
   * Hosts that may be fetched from: `images.example.com`, `*.example.com` for all below it but not itself, with a port where it is not the
   * usual one (`images.example.com:8443`).
   */
  readonly hosts: readonly string[];
  /** Whether http: will do, too. @default false */
  readonly http?: boolean;
  /** Longest file in bytes. @default 10 MB */
  readonly maxBytes?: number;
  /** How long all of it may take, names and redirects included. @default 10 000 */
  readonly timeoutMs?: number;
  /** @default 3 */
  readonly maxRedirects?: number;
  /** What a file may be, by its first bytes. @default those of `images()` */
  readonly types?: readonly (KnownFileType | FileType)[];
  /** All addresses of a host. @default what the system says */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Whether an address may be connected to. @default `isPublicAddress` */
  readonly isAllowedAddress?: (address: string) => boolean;
  /** Certificates, as PEM, of authorities that are trusted instead of the usual ones. */
  readonly ca?: string;
}

/** @internal */
export interface ResolvedRemoteOptions extends Required<Omit<RemoteFetcherOptions, 'hosts' | 'types' | 'ca'>> {
  readonly hosts: readonly HostPattern[];
  readonly types: readonly FileType[];
  readonly ca: string | undefined;
}

const PLACE = 'new RemoteFetcher()';

/** @throws OptionError @internal */
export function resolveRemoteOptions(given: RemoteFetcherOptions): ResolvedRemoteOptions {
  checkOptions(given, CHECKS, PLACE);
  return {
    hosts: given.hosts.map((host) => readHostPattern(host, 'hosts', PLACE)),
    http: given.http ?? false,
    maxBytes: given.maxBytes ?? megabytes(10),
    timeoutMs: given.timeoutMs ?? seconds(10),
    maxRedirects: given.maxRedirects ?? 3,
    types: resolveTypes(given.types ?? IMAGE_TYPES, PLACE),
    resolve: given.resolve ?? resolveBySystem,
    isAllowedAddress: given.isAllowedAddress ?? isPublicAddress,
    ca: given.ca,
  };
}

const CHECKS = {
  hosts: { ...array, describe: 'a list of at least one host', accepts: (value: unknown) => Array.isArray(value) && value.length > 0 },
  http: typed('boolean'),
  maxBytes: integer(1),
  timeoutMs: integer(1),
  maxRedirects: integer(0, 20),
  types: array,
  resolve: typed('function'),
  isAllowedAddress: typed('function'),
  ca: typed('string'),
};

/** Asks the system, as any connection would. */
async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
}

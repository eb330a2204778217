import { callerOf } from '../core/context/caller.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { ProcessingError } from '../core/errors/service-errors.js';
import type { ShareKey } from './caching.options.js';
import { digestOf } from './input-digest.js';
import type { PlainClasses } from './plain-classes.js';

/** Headers by which clients say who they are. */
const CREDENTIALS = ['authorization', 'x-api-key', 'cookie'] as const;
/** Between a key of the user's and the digest of the protocol's part, whose length is always the same. */
const SEPARATOR = '\u0000';

/** @internal */
export interface ShareKeysInit {
  readonly route: StageRoute;
  readonly key: ShareKey;
  readonly classes: PlainClasses;
}

/**
 * Finds the key that a request shares results under.
 * @internal
 */
export class ShareKeys {
  private isFaultTold = false;

  constructor(private readonly init: ShareKeysInit) {}

  /** @returns `undefined` for a request that shares with nobody */
  of(input: unknown, context: RequestContext): string | undefined {
    const { key, route } = this.init;
    const variant = route.protocol.variant?.(context);
    if (typeof key !== 'function') {
      const client = key === 'client' ? clientOf(context) : 'any';
      return client && this.digest({ input, variant, client }, context);
    }
    const own: unknown = key(input, context);
    if (own === undefined || variant === undefined) return this.checked(own);
    const digest = this.digest(variant, context);
    return digest && this.checked(own) + SEPARATOR + digest;
  }

  /** Whether a key is the one that the user's function gave, whatever the protocol added. */
  static isOf(own: string, key: string): boolean {
    return key === own || key.startsWith(own + SEPARATOR);
  }

  private checked(own: unknown): string | undefined {
    if (own === undefined || typeof own === 'string') return own;
    throw new ProcessingError(`The "key" of ${this.init.route.name} must give a string or undefined, gave ${typeof own}`);
  }

  private digest(value: unknown, { logger }: RequestContext): string | undefined {
    const digest = digestOf(value, this.init.classes);
    if ('text' in digest) return digest.text;
    if (!this.isFaultTold) logger.warn(`Not shared: ${digest.fault} can't be compared; give "cache" or "coalesce" a "key" (said once)`);
    this.isFaultTold = true;
    return undefined;
  }
}

/** By what a client is told from others; `undefined` for a job whose sender is not known, as it does not carry the credentials it came with. */
function clientOf(context: RequestContext): readonly unknown[] | undefined {
  const name = callerOf(context)?.name;
  if (name === undefined && context.origin === 'job') return undefined;
  return [name, ...CREDENTIALS.map((header) => context.headers[header])];
}

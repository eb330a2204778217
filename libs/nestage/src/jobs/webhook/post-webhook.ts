import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { raceAbort } from '../../common/abort.js';
import { SystemError } from '../../core/errors/service-errors.js';
import type { ResolvedJobWebhookOptions } from './job-webhook.options.js';

/** @internal */
export interface WebhookPost {
  readonly url: URL;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a client named the address: it must not lead into the network that the service stands in. */
  readonly isForeign: boolean;
  readonly signal: AbortSignal;
}

/**
 * Posts to an address; redirects are not followed. A foreign one is connected to by just the address that was checked.
 * @returns the status of the answer
 * @throws what keeps it from getting there
 * @internal
 */
export async function postWebhook(post: WebhookPost, options: ResolvedJobWebhookOptions): Promise<number> {
  const address = post.isForeign ? await publicAddressOf(post, options) : undefined;
  return new Promise((resolve, reject) => {
    const { url, body, headers, signal } = post;
    const family = address === undefined ? 0 : isIP(address);
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false, // a connection of its own: one from a pool may lead elsewhere
      ...(address === undefined
        ? {}
        : {
            lookup: (_name: string, { all }: { all?: boolean }, done: Lookup) =>
              all ? done(null, [{ address, family }]) : done(null, address, family),
          }),
      headers: { 'content-length': Buffer.byteLength(body), 'user-agent': 'nestage', ...headers },
      ca: options.ca,
      signal,
    });
    outgoing.on('error', reject);
    outgoing.once('response', (response) => {
      response.resume(); // what it says is of no interest
      response.on('error', () => undefined);
      resolve(response.statusCode ?? 0);
    });
    outgoing.end(body);
  });
}

type Lookup = (error: null, address: string | { address: string; family: number }[], family?: number) => void;

/** All that the name resolves to must be allowed: a name that mixes them is up to something. */
async function publicAddressOf({ url, signal }: WebhookPost, { resolve, isAllowedAddress }: ResolvedJobWebhookOptions): Promise<string> {
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(name) ? [name] : await raceAbort(resolve(name), signal);
  if (addresses.length > 0 && addresses.every(isAllowedAddress)) return addresses[0];
  throw new SystemError(`${name} resolves to ${addresses.join(', ') || 'nothing'}, which is not allowed`);
}

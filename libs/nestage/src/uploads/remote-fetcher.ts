import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { raceAbort } from '../common/abort.js';
import { systemClock } from '../common/clock.js';
import { isAtHost } from '../common/host-pattern.js';
import { ValidationError } from '../core/errors/service-errors.js';
import { checkType } from './check-type.js';
import { HEAD_BYTES } from './file-type.js';
import { refused, sizeText } from './refusals.js';
import { type RemoteFetcherOptions, type ResolvedRemoteOptions, resolveRemoteOptions } from './remote-fetcher.options.js';
import { UploadedFile } from './uploaded-file.js';

/**
 * Fetches files that clients name by address, without becoming a door into the network it stands in: hosts are on a list, the addresses
 * that they resolve to are public, and the connection goes to just the address that was checked, at each redirect anew.
 *
 * @example
 * const remote = new RemoteFetcher({ hosts: ['images.example.com', '*.cdn.example.com'] });
 * const picture = await remote.fetch(url, { field: 'image_url', signal });
 * @publicApi
 */
export class RemoteFetcher {
  private readonly options: ResolvedRemoteOptions;

  /** @throws OptionError for a bad option */
  constructor(options: RemoteFetcherOptions) {
    this.options = resolveRemoteOptions(options);
  }

  /**
   * @param field where the address stood in the request, for the error
   * @throws ValidationError `remote_file_refused` for an address that is not allowed, `remote_file_failed` when nothing comes from it,
   * `file_too_large`, `empty_file`, `unsupported_file`; the signal's reason when it fires
   */
  async fetch(url: string, { field, signal }: RemoteFetch): Promise<UploadedFile> {
    const limit = new AbortController();
    const end = (): void => limit.abort();
    const cancel = systemClock.schedule(this.options.timeoutMs, end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      signal?.throwIfAborted();
      return await this.follow(url, field, limit.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ValidationError) throw error;
      const why = limit.signal.aborted ? `was not there within ${this.options.timeoutMs} ms` : 'could not be fetched';
      throw failed(field, why, error);
    } finally {
      cancel();
      signal?.removeEventListener('abort', end);
    }
  }

  private async follow(url: string, field: string, signal: AbortSignal): Promise<UploadedFile> {
    let at = this.allowed(url, field);
    for (let hop = 0; hop <= this.options.maxRedirects; hop++) {
      const response = await this.open(at, await this.addressOf(at, field, signal), signal);
      try {
        const { statusCode = 0, headers } = response;
        if (!REDIRECTS.has(statusCode) || headers.location === undefined) return await this.receive(response, field);
        at = this.allowed(headers.location, field, at);
      } finally {
        response.destroy();
      }
    }
    throw remoteRefused(field, `redirects more than ${this.options.maxRedirects} times`);
  }

  /** The address as a URL, if it is one that may be fetched. */
  private allowed(text: string, field: string, base?: URL): URL {
    const { hosts, http } = this.options;
    if (text.length > MAX_URL_LENGTH) throw remoteRefused(field, 'is too long');
    if (!URL.canParse(text, base?.href)) throw remoteRefused(field, 'is not a URL');
    const url = new URL(text, base);
    if (url.protocol !== 'https:' && !(http && url.protocol === 'http:'))
      throw remoteRefused(field, `must begin with https:${http ? ' or http:' : ''}`);
    if (url.username || url.password) throw remoteRefused(field, 'must not hold a user name or password');
    if (!hosts.some((host) => isAtHost(url, host))) throw remoteRefused(field, 'names a host that is not allowed');
    return url;
  }

  /** The address to connect to. All that the name resolves to must be public: a name that mixes them is up to something. */
  private async addressOf({ hostname }: URL, field: string, signal: AbortSignal): Promise<string> {
    const literal = hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(literal) ? [literal] : await raceAbort(this.options.resolve(literal), signal);
    if (addresses.length === 0) throw new Error(`${literal} has no address`);
    if (addresses.every((address) => this.options.isAllowedAddress(address))) return addresses[0];
    throw remoteRefused(field, 'names a host that is not allowed', new Error(`${literal} resolves to ${addresses.join(', ')}`));
  }

  private open(url: URL, address: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? requestHttps : requestHttp;
      const family = isIP(address);
      const outgoing = request(url, {
        agent: false, // a connection of its own: one from a pool may lead elsewhere
        lookup: (_name, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family)),
        headers: { accept: this.options.types.map(({ type }) => type).join(', '), 'accept-encoding': 'identity', 'user-agent': 'nestage' },
        maxHeaderSize: 16 * 1024,
        ca: this.options.ca,
        signal,
      });
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  private async receive(response: IncomingMessage, field: string): Promise<UploadedFile> {
    const { statusCode, headers } = response;
    if (statusCode !== 200) throw failed(field, `was answered with status ${statusCode}`);
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw failed(field, 'was sent in an encoding that was not asked for');
    if (Number(headers['content-length'] ?? 0) > this.options.maxBytes) throw this.tooLarge(field);
    const bytes = await this.collect(response, field);
    if (bytes.length === 0) throw refused('empty_file', field, 'is empty');
    const declaredType = 'application/octet-stream'; // servers' words on types are of no use
    const verdict = checkType(bytes.subarray(0, HEAD_BYTES), { declaredType, filename: undefined }, this.options.types);
    if ('refusal' in verdict) throw refused('unsupported_file', field, verdict.refusal);
    return UploadedFile.of(bytes, { type: verdict.type.type });
  }

  private async collect(response: IncomingMessage, field: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.options.maxBytes) throw this.tooLarge(field);
      chunks.push(chunk);
    }
    if (!response.complete) throw new Error('the connection was closed too early');
    return Buffer.concat(chunks, size);
  }

  private tooLarge(field: string): ValidationError {
    return refused('file_too_large', field, `is longer than ${sizeText(this.options.maxBytes)}`);
  }
}

/** @publicApi */
export interface RemoteFetch {
  readonly field: string;
  readonly signal?: AbortSignal;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_URL_LENGTH = 8192;

function remoteRefused(field: string, what: string, cause?: unknown): ValidationError {
  return new ValidationError(`${field} ${what}`, { code: 'remote_file_refused', fields: [{ field, messages: [what] }], cause });
}

function failed(field: string, what: string, cause?: unknown): ValidationError {
  return new ValidationError(`${field} ${what}`, { code: 'remote_file_failed', fields: [{ field, messages: [what] }], cause });
}

import type { ServerResponse } from 'node:http';
import type { AdapterResponse } from '../request-of.js';

/** The parts of a Fastify reply that are used here. */
interface FastifyReply {
  readonly raw: ServerResponse;
  readonly request: object;
  getHeaders(): Readonly<Record<string, string | number | readonly string[]>>;
  hijack(): unknown;
}

/** Where Fastify keeps a request's route and a reply's trailers: under symbols that it hands to nobody. */
interface FastifyPlaces {
  readonly route: symbol | undefined;
  readonly trailers: symbol | undefined;
}

/**
 * Takes responses from their adapter, for whoever writes an answer himself.
 * @internal
 */
export class ResponseTaking {
  private places: FastifyPlaces | undefined;

  /**
   * @returns node's response with all headers that were set; `undefined` where the adapter, or anything that was registered there, still has a
   * part in sending: Fastify's `onSend` hooks and trailers, HEAD, a response that waits for others on its connection, whose end nobody hears of
   */
  take(response: AdapterResponse): ServerResponse | undefined {
    const raw = 'raw' in response ? response.raw : response;
    if (!raw.socket || raw.req.method === 'HEAD') return undefined;
    if (raw === response) return raw;
    const reply = response as FastifyReply;
    if (!this.isUntouched(reply)) return undefined;
    for (const [name, value] of Object.entries(reply.getHeaders())) if (raw.getHeader(name) !== value) raw.setHeader(name, value);
    reply.hijack();
    return raw;
  }

  /** Whether Fastify itself would only pipe a stream to the response. */
  private isUntouched(reply: FastifyReply): boolean {
    this.places ??= { route: symbolIn(reply.request, 'fastify.context'), trailers: symbolIn(reply, 'fastify.reply.trailers') };
    const { route, trailers } = this.places;
    if (!route || !trailers) return false;
    const { onSend } = (reply.request as Readonly<Record<symbol, { readonly onSend?: unknown }>>)[route];
    return onSend === null && (reply as unknown as Readonly<Record<symbol, unknown>>)[trailers] === null;
  }
}

const symbolIn = (owner: object, name: string): symbol | undefined =>
  Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);

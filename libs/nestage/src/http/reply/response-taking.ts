import type { ServerResponse } from 'node:http';
import type { AdapterResponse } from '../request-of.js';

/** The parts of a Fastify reply that are used here. */
interface FastifyReply {
  readonly raw: ServerResponse;
  readonly request: object;
  hijack(): unknown;
}

/** Where Fastify keeps a request's route, and a reply's headers and trailers: under symbols that it hands to nobody. */
interface FastifyPlaces {
  readonly route: symbol;
  readonly headers: symbol;
  readonly trailers: symbol;
}

type Places<T> = Readonly<Record<symbol, T>>;

/**
 * Takes responses from their adapter, for whoever writes an answer himself.
 * @internal
 */
export class ResponseTaking {
  private places: FastifyPlaces | undefined;

  /**
   * @returns node's response with all headers that were set; `undefined` where the adapter, or anything that was registered there, still has a
   * part in sending: Fastify's `onSend` hooks and trailers, HEAD, what somebody has answered already, a response that waits for others on its
   * connection, whose end nobody hears of
   */
  take(response: AdapterResponse): ServerResponse | undefined {
    const raw = 'raw' in response ? response.raw : response;
    if (!raw.socket || raw.headersSent || raw.req.method === 'HEAD') return undefined;
    if (raw === response) return raw;
    return this.hijacked(response as FastifyReply);
  }

  /** Unless Fastify itself would do more than to set the headers and to pipe a stream to the response. */
  private hijacked(reply: FastifyReply): ServerResponse | undefined {
    const places = (this.places ??= placesIn(reply));
    if (!places) return undefined;
    const { raw, request } = reply;
    const { onSend } = (request as Places<{ readonly onSend: unknown }>)[places.route];
    const { [places.trailers]: trailers, [places.headers]: headers } = reply as unknown as Places<Readonly<Record<string, string>> | null>;
    if (onSend !== null || trailers !== null || !headers) return undefined;
    for (const name in headers) raw.setHeader(name, headers[name]);
    reply.hijack();
    return raw;
  }
}

/** @returns `undefined` where a Fastify of another make keeps them elsewhere */
function placesIn(reply: FastifyReply): FastifyPlaces | undefined {
  const route = symbolIn(reply.request, 'fastify.context');
  const headers = symbolIn(reply, 'fastify.reply.headers');
  const trailers = symbolIn(reply, 'fastify.reply.trailers');
  return route && headers && trailers && { route, headers, trailers };
}

const symbolIn = (owner: object, name: string): symbol | undefined =>
  Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../core/context/request-context.js';
import type { ReadBody } from './body/read-body.js';

/** Kept on the raw request, since its context must be found from wherever an adapter calls us. */
const CONTEXT = Symbol('nestage:context');
const BODY = Symbol('nestage:body');

/** A request or reply as an adapter hands it out: node's own (Express) or a wrapper around it (Fastify). @internal */
export type AdapterRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
};

/** @see AdapterRequest @internal */
export type AdapterResponse = ServerResponse | { readonly raw: ServerResponse };

type Marked = IncomingMessage & { [CONTEXT]?: RequestContext; [BODY]?: ReadBody };

/** Node's own request below an adapter's. @internal */
export const rawRequest = (request: AdapterRequest): IncomingMessage => ('raw' in request ? request.raw : request);

/** Node's own response below an adapter's. @internal */
export const rawResponse = (response: AdapterResponse): ServerResponse => ('raw' in response ? response.raw : response);

/** The context that was opened for a request; `undefined` where the opener did not see it. @internal */
export const contextOf = (request: AdapterRequest): RequestContext | undefined => (rawRequest(request) as Marked)[CONTEXT];

/** @internal */
export function bindContext(request: IncomingMessage, context: RequestContext): void {
  (request as Marked)[CONTEXT] = context;
}

/** The body that was read for a stage route, if its request came by one. @internal */
export const bodyOf = (request: AdapterRequest): ReadBody | undefined => (rawRequest(request) as Marked)[BODY];

/** @internal */
export function bindBody(request: IncomingMessage, body: ReadBody): void {
  (request as Marked)[BODY] = body;
}

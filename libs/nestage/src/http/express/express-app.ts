import type { IncomingMessage, ServerResponse } from 'node:http';

/** @see ExpressRequest @internal */
export const LEFT_WITH = Symbol('nestage:left-with');

/** @internal */
export type ExpressRequest = IncomingMessage & {
  res?: ServerResponse;
  originalUrl?: string | undefined;
  baseUrl?: string;
  body?: unknown;
  params?: object;
  route?: object;
  /** What a request that has passed the gate already goes on to Express with. */
  [LEFT_WITH]?: unknown;
};

/** @internal */
export type ExpressResponse = ServerResponse & { locals?: object };

/** @internal */
export type ExpressNext = (error?: unknown) => void;

/** What Express calls: a middleware, or the handler of a route. @internal */
export type ExpressHandle = (request: ExpressRequest, response: ServerResponse, next: ExpressNext) => unknown;

/** @internal */
export interface ExpressRoute {
  readonly path: PathPattern | readonly PathPattern[];
  readonly stack: readonly { readonly method: string | undefined; readonly handle: ExpressHandle }[];
}

/** @internal */
export type PathPattern = string | RegExp;

/** @internal */
export interface ExpressLayer {
  readonly handle: ExpressHandle;
  readonly route?: ExpressRoute;
  /** Whether a path is one of its own; may throw for one that can't be decoded. */
  match(path: string): object | false;
}

/** The part of an Express application that is read here. @internal */
export interface ExpressApp {
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

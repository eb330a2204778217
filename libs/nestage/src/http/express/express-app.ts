import type { IncomingMessage, ServerResponse } from 'node:http';

/** @internal */
export type ExpressRequest = IncomingMessage & { body?: unknown; params?: object; route?: object };

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

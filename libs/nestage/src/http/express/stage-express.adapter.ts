import { createServer, IncomingMessage, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http';
import { type NestApplicationOptions, StreamableFile } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { bodyOf } from '../request-of.js';
import { defaultedResponse } from '../server/default-headers.js';
import { type ExpressApp, type ExpressHandle, type ExpressRequest, LEFT_WITH } from './express-app.js';
import { PASSES_READ_BODIES } from './router-shortcut.js';

/** An Express application, as far as its message prototypes and settings go. */
interface ExpressPrototypes {
  request: object;
  response: object;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Nest's Express adapter, several times faster and otherwise the same. Express gives every request and response another prototype when it
 * arrives, which makes each later access to them slow; here the server creates them with that prototype, so there is nothing left to change.
 * Values of other than GET replies are written at once with their length and without an ETag, which no client asks for there.
 *
 * Different from the plain adapter: upgrade requests carry Express's methods, and the classes of requests and responses have other names.
 *
 * @example const app = await NestFactory.create(AppModule, new StageExpressAdapter());
 * @publicApi
 */
export class StageExpressAdapter extends ExpressAdapter {
  private gate: ExpressHandle | undefined;

  override initHttpServer(options: NestApplicationOptions): void {
    const messages = messageClasses(this.getInstance<ExpressPrototypes>());
    if (options?.httpsOptions) return super.initHttpServer({ ...options, httpsOptions: { ...options.httpsOptions, ...messages } });
    super.initHttpServer({ ...options, forceCloseConnections: false });
    this.httpServer = createServer(messages, (request, response) => this.handle(request, response));
    if (options?.forceCloseConnections) (this as unknown as { trackOpenConnections(): void }).trackOpenConnections(); // private, and reads the server set above
  }

  /**
   * Has each request go by `gate`, which is a middleware of the app already, before Express sees it; the request goes on to Express when
   * `gate` calls what it is given. Not where Express or Nest has anything to do before that middleware: an earlier one, such as those of an
   * app that was given to the constructor, a hook of Nest's around requests, the header that names Express.
   * @internal
   */
  setGate(gate: ExpressHandle): void {
    this.gate = gate;
  }

  private handle(request: ExpressRequest, response: ServerResponse): unknown {
    const app = this.getInstance<RequestListener & ExpressPrototypes & ExpressApp>();
    if (!this.gate || !this.isFirst(app, this.gate)) return app(request, response);
    request.res = response; // what Express answers GET by
    return this.gate(request, response, (error?: unknown) => {
      request[LEFT_WITH] = error;
      app(request, response);
    });
  }

  private isFirst({ settings, router }: ExpressPrototypes & ExpressApp, gate: ExpressHandle): boolean {
    const { onRequestHook, onResponseHook } = this as unknown as Readonly<Record<string, unknown>>;
    return router?.stack[NEST_LAYERS]?.handle === gate && !onRequestHook && !onResponseHook && !settings['x-powered-by'];
  }

  /** Both parsers in one layer of the router, which a request whose body has been read passes at once: 2 microseconds less for it. */
  override registerParserMiddleware(prefix?: string, rawBody?: boolean): void {
    const parsers: Middleware[] = [];
    const own = this as { use?: unknown };
    own.use = (parser: Middleware) => parsers.push(parser);
    super.registerParserMiddleware(prefix, rawBody);
    delete own.use;
    if (parsers.length === 2) this.use(bothParsers(parsers[0], parsers[1]));
    else for (const parser of parsers) this.use(parser); // the app has registered one of its own
  }

  override reply(response: ServerResponse, body: unknown, statusCode?: number): unknown {
    const type = response.getHeader('content-type');
    const isJson = (type === undefined || type === JSON_TYPE) && isPlainValue(body);
    if (!isJson || !isDirectReply(response, statusCode, this.getInstance<ExpressPrototypes>())) {
      return super.reply(response, body, statusCode);
    }
    if (statusCode !== undefined) response.statusCode = statusCode;
    if (type === undefined) response.setHeader('Content-Type', JSON_TYPE);
    const text = JSON.stringify(body);
    response.setHeader('Content-Length', Buffer.byteLength(text));
    return response.end(text);
  }
}

/** Nest's adapter has one middleware of its own, for its hooks around requests. */
const NEST_LAYERS = 1;

/** Classes whose instances have the app's own prototypes, so that later patches of `express.request` stay visible. */
function messageClasses(app: ExpressPrototypes): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class StageRequest extends IncomingMessage {}
  const StageResponse = defaultedResponse();
  Object.setPrototypeOf(StageRequest.prototype, app.request);
  Object.setPrototypeOf(StageResponse.prototype, app.response);
  app.request = StageRequest.prototype;
  app.response = StageResponse.prototype;
  return { IncomingMessage: StageRequest, ServerResponse: StageResponse };
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Named as Nest's own, by which it finds out whether there is one. */
function bothParsers(first: Middleware, second: Middleware): Middleware {
  const jsonParser: Middleware = (request, response, next) => {
    if (bodyOf(request)) return next();
    first(request, response, (error) => (error ? next(error) : second(request, response, next)));
  };
  return Object.assign(jsonParser, { [PASSES_READ_BODIES]: true });
}

/** An object that is JSON and nothing that Nest's adapter sends otherwise: streams, errors. */
function isPlainValue(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !(body instanceof StreamableFile) && !(body instanceof Error);
}

const JSON_TYPE = 'application/json; charset=utf-8';
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether nothing stands between the value and the wire: GET may be answered by 304, and an app may have changed how Express writes JSON. */
function isDirectReply(response: ServerResponse, statusCode: number | undefined, { settings }: ExpressPrototypes): boolean {
  const { method } = response.req;
  if (method === 'GET' || method === 'HEAD' || BODYLESS.has(statusCode ?? response.statusCode)) return false;
  return settings['json replacer'] === undefined && settings['json spaces'] === undefined && settings['json escape'] === undefined;
}

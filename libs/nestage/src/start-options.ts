import type { INestApplication } from '@nestjs/common';
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { checkOptions, either, integer, object, oneOf, typed } from './common/option-checks.js';
import type { ServiceEnvironment } from './environment.js';
import type { TrustProxy } from './http/create-adapter.js';
import { resolveServerLimits, SERVER_LIMITS_CHECK, type ServerLimits } from './http/server/server-limits.js';
import {
  type ResolvedWorkersOptions,
  resolveWorkersOptions,
  type WorkerCount,
  WORKERS_CHECK,
  type WorkersOptions,
} from './processes/workers.options.js';

/** Options of `startWebService`. @publicApi */
export interface StartOptions {
  /** Address to listen on. @default HOST, else '127.0.0.1' */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. @default PORT, else 8000 */
  readonly port?: number;
  /** HTTP adapter by name, or one of your own. @default 'express' */
  readonly adapter?: 'express' | 'fastify' | AbstractHttpAdapter;
  /** Whether the service answers 404 and other routes' errors too and carries Nest's log lines. @default true */
  readonly takeOver?: boolean;
  /** Path of the API document and its page, which need @nestjs/swagger; `false` for none. @default '/docs' on loopback, none elsewhere */
  readonly docs?: string | false;
  /** Processes that serve on the same port; 'auto' for one a CPU of the container. Each loads its own models. @default WORKERS, else 1 */
  readonly workers?: WorkerCount | WorkersOptions;
  /** Pages of other sites that may call from a browser: Nest's CORS options, `origin` among them. @default false */
  readonly cors?: false | CorsOptions;
  /**
   * Which proxies are believed when they say who their client is: how many stand before the service, or their addresses and networks. What
   * clients themselves send in `x-forwarded-for` is believed by nobody then. A number is safe where nobody reaches the service past the proxies.
   * Needs an adapter by name. @default false
   */
  readonly trustProxy?: TrustProxy;
  /** What slow clients and long heads may take. */
  readonly limits?: ServerLimits;
  /** Whether answers tell browsers to be careful with them (`x-content-type-options` and others). @default true */
  readonly securityHeaders?: boolean;
  /** Runs before the app listens: global pipes, prefix, versioning, CORS, middleware. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
}

const CHECKS = {
  host: typed('string'),
  port: integer(0, 65_535),
  adapter: either(oneOf('express', 'fastify'), object),
  takeOver: typed('boolean'),
  docs: either(typed('string'), oneOf(false)),
  workers: WORKERS_CHECK,
  cors: either(oneOf(false), {
    describe: 'options with an "origin"',
    accepts: (value: unknown) => object.accepts(value) && (value as CorsOptions).origin !== undefined,
  }),
  trustProxy: {
    describe: 'false, a number of proxies >= 1, or a list of addresses',
    accepts: (value: unknown) => value === false || integer(1).accepts(value) || isAddressList(value),
  },
  limits: SERVER_LIMITS_CHECK,
  securityHeaders: typed('boolean'),
  configure: typed('function'),
};

/** Options of the start with every default filled. @internal */
export type ResolvedStartOptions = Readonly<Required<Omit<StartOptions, 'workers' | 'limits'>>> & {
  readonly workers: ResolvedWorkersOptions;
  readonly limits: Required<ServerLimits>;
};

/**
 * Fills the defaults field by field: what is given wins over the environment.
 * @throws OptionError
 * @internal
 */
export function resolveStartOptions(given: StartOptions, environment: Partial<ServiceEnvironment>): ResolvedStartOptions {
  checkOptions(given, CHECKS, 'startWebService()');
  const host = given.host ?? environment.host ?? '127.0.0.1';
  return {
    host,
    port: given.port ?? environment.port ?? 8000,
    adapter: given.adapter ?? 'express',
    takeOver: given.takeOver ?? true,
    docs: given.docs ?? (isLoopback(host) ? '/docs' : false),
    workers: resolveWorkersOptions(given.workers, environment.workers),
    cors: given.cors ?? false,
    trustProxy: given.trustProxy ?? false,
    limits: resolveServerLimits(given.limits),
    securityHeaders: given.securityHeaders ?? true,
    configure: given.configure ?? (() => undefined),
  };
}

const isAddressList = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && each !== '');

/** Whether only this machine reaches an address. @internal */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { checkOptions, either, integer, object, oneOf, typed } from './common/option-checks.js';
import type { ServiceEnvironment } from './environment.js';
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
  configure: typed('function'),
};

/** Options of the start with every default filled. @internal */
export type ResolvedStartOptions = Readonly<Required<Omit<StartOptions, 'workers'>>> & { readonly workers: ResolvedWorkersOptions };

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
    configure: given.configure ?? (() => undefined),
  };
}

/** Whether only this machine reaches an address. @internal */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

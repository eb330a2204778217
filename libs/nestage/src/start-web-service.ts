import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { checkOptions, either, integer, object, oneOf, typed } from './common/option-checks.js';
import { StartFaultError } from './core/discovery/start-fault.js';
import { LogWriter } from './core/log/log-writer.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions, START_OPTIONS } from './core/options/web-service.options.js';
import { readEnvironment } from './environment.js';
import { createAdapter } from './http/create-adapter.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { bindProcess } from './process-binding.js';
import { FatalWatch } from './resilience/fatal-watch.js';
import { serveApiDocument } from './api-document.js';
import { WebService } from './web-service.js';

/** @publicApi */
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
  /** Runs before the app listens: global pipes, prefix, versioning, CORS, middleware. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
}

const CHECKS = {
  host: typed('string'),
  port: integer(0, 65_535),
  adapter: either(oneOf('express', 'fastify'), object),
  takeOver: typed('boolean'),
  docs: either(typed('string'), oneOf(false)),
  configure: typed('function'),
};

/** Sits above the app's own root module and hands the start options down. */
@Module({})
class StartModule {
  static around(appModule: Type | DynamicModule, options: object): DynamicModule {
    return {
      module: StartModule,
      global: true,
      imports: [appModule],
      providers: [{ provide: START_OPTIONS, useValue: options }],
      exports: [START_OPTIONS],
    };
  }
}

/**
 * Creates the app, listens, initializes models and handlers, and resolves when requests are served. From then on the process belongs to
 * the service: SIGTERM and SIGINT drain it and end with code 0, an uncaught exception flushes the log and ends with code 1, and so does
 * a failed start, or a failed `initialize` unless `onInitializeError` is 'degrade'.
 *
 * @example
 * ```ts
 * await startWebService(AppModule);
 * ```
 * @throws OptionError for a bad option
 * @publicApi
 */
export async function startWebService(appModule: Type | DynamicModule, options: StartOptions = {}): Promise<INestApplication> {
  checkOptions(options, CHECKS, 'startWebService()');
  const environment = readEnvironment();
  const host = options.host ?? environment.host ?? '127.0.0.1';
  const port = options.port ?? environment.port ?? 8000;
  const { adapter, attach } = await createAdapter(options.adapter ?? 'express');
  const root = StartModule.around(appModule, { takeOver: options.takeOver ?? true });
  const app = await NestFactory.create(root, adapter, { bufferLogs: true, abortOnError: false });
  const service = app.get(WebService);
  const log = app.get(LogWriter);
  const { takeOver, shutdownGraceMs } = app.get<ResolvedWebServiceOptions>(RESOLVED_OPTIONS);
  if (takeOver) app.useLogger(app.get(NestLogBridge));
  attach(app);
  const process = bindProcess({ app, service, log, fatal: app.get(FatalWatch), shutdownGraceMs });
  try {
    await options.configure?.(app);
    await serveApiDocument(app, options.docs ?? (isLoopback(host) ? '/docs' : false));
    await listen(app, port, host);
    log.write('INFO', `Listening on ${await app.getUrl()}`);
    await service.whenReady();
    log.write('INFO', `Web service is ready on ${await app.getUrl()}`);
  } catch (error) {
    await process.end(error);
  }
  return app;
}

async function listen(app: INestApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const reason = LISTEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason ? new StartFaultError([reason(host, port)]) : error;
  }
}

const LISTEN_FAULTS: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is in use: set another by PORT or startWebService(AppModule, { port }).`,
  EACCES: (host, port) => `port ${port} of ${host} needs more rights: set one above 1023 by PORT or startWebService(AppModule, { port }).`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine: set another by HOST or startWebService(AppModule, { host }).`,
  ENOTFOUND: (host) => `the host ${host} is unknown: set another by HOST or startWebService(AppModule, { host }).`,
};

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

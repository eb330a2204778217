import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { LogWriter } from '../core/log/log-writer.js';
import type { WebServiceOptions } from '../core/options/web-service.options.js';
import { createAdapter } from '../http/create-adapter.js';
import { WebService } from '../web-service.js';
import { WebServiceModule } from '../web-service.module.js';
import { MemoryLogWriter } from './memory-log-writer.js';

/** @publicApi */
export interface TestServiceOptions extends Pick<ModuleMetadata, 'providers' | 'controllers' | 'imports'> {
  /** A name, or an adapter of your own. @default 'express' */
  readonly adapter?: Parameters<typeof createAdapter>[0];
  /** Options of `WebServiceModule.forRoot()`. */
  readonly options?: WebServiceOptions;
  /** The app's own root module, which imports `WebServiceModule` itself; `options` does not apply then. */
  readonly root?: Type | DynamicModule;
  /** Replaces providers before the module is compiled. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** Called before the app listens: for global pipes, guards, a prefix. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Whether to wait until models and handlers are initialized. @default true */
  readonly isAwaited?: boolean;
}

/** A service that listens on a free port of 127.0.0.1. @publicApi */
export interface TestService {
  readonly app: INestApplication;
  /** Without a slash at its end. */
  readonly url: string;
  /** What the service wrote, in place of its log files. */
  readonly log: MemoryLogWriter;
  /** Posts a body: an object as JSON, a text or bytes as they are. */
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/**
 * Starts a real service for a test: Nest, the adapter, every interceptor and filter, on a free port. Its log is kept in memory.
 *
 * @example
 * ```ts
 * const service = await startTestService({ providers: [SummaryHandler] });
 * const reply = await service.post('/v1/summaries', { text: 'a long one' });
 * await service.close();
 * ```
 * @throws what a failed start throws, `initialize` included
 * @publicApi
 */
export async function startTestService({
  adapter: name = 'express',
  options,
  root = WebServiceModule.forRoot(options),
  override = (builder) => builder,
  configure,
  isAwaited = true,
  imports = [],
  ...metadata
}: TestServiceOptions): Promise<TestService> {
  const log = new MemoryLogWriter();
  const builder = Test.createTestingModule({ ...metadata, imports: [root, ...imports] })
    .overrideProvider(LogWriter)
    .useValue(log);
  const module = await override(builder).compile();
  const { adapter, attach } = await createAdapter(name);
  const app = module.createNestApplication(adapter, { logger: false });
  attach(app);
  try {
    await configure?.(app);
    await app.listen(0, '127.0.0.1');
    if (isAwaited) await app.get(WebService).whenReady();
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  return { app, url, log, post: (path, body, init) => post(url + path, body, init), close: () => app.close() };
}

function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const headers = new Headers(init.headers);
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return fetch(url, { method: 'POST', body: isRaw ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body), ...init, headers });
}

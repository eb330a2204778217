import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { LogWriter, WebService, WebServiceModule, type WebServiceOptions } from 'nestage';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

export interface TestServiceOptions extends Pick<ModuleMetadata, 'providers' | 'controllers' | 'imports'> {
  readonly adapter: AdapterName;
  readonly options?: WebServiceOptions;
  /** Takes the place of `WebServiceModule.forRoot(options)`. */
  readonly root?: DynamicModule;
  /** Overrides providers before the module is compiled. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Whether the adapter believes what proxies say of their clients. @default false */
  readonly trustProxy?: boolean;
  /** Whether to wait until initialization is over. @default true */
  readonly isAwaited?: boolean;
}

export interface TestService {
  readonly app: INestApplication;
  readonly url: string;
  readonly log: MemoryLogWriter;
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** A real app on a free port of 127.0.0.1, as an ordinary `NestFactory.create` would make it; its log is kept in memory. */
export async function startTestService({
  adapter,
  options,
  root = WebServiceModule.forRoot(options),
  override = (builder) => builder,
  configure,
  trustProxy = false,
  isAwaited = true,
  ...metadata
}: TestServiceOptions): Promise<TestService> {
  const log = new MemoryLogWriter();
  const imports = [root, ...(metadata.imports ?? [])];
  const builder = Test.createTestingModule({ ...metadata, imports })
    .overrideProvider(LogWriter as unknown as Type)
    .useValue(log);
  const moduleRef = await override(builder).compile();
  const app = moduleRef.createNestApplication(adapterOf(adapter, trustProxy), { logger: false });
  await configure?.(app);
  await app.listen(0, '127.0.0.1');
  if (isAwaited) await app.get(WebService).whenReady();
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    log,
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: 'POST',
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
      }),
    close: () => app.close(),
  };
}

export function adapterOf(name: AdapterName, trustProxy = false): ExpressAdapter | FastifyAdapter {
  if (name === 'fastify') return new FastifyAdapter({ trustProxy });
  const adapter = new ExpressAdapter();
  if (trustProxy) adapter.getInstance<{ set(name: string, value: boolean): void }>().set('trust proxy', true);
  return adapter;
}

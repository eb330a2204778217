import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StageExpressAdapter } from 'nestage/express';
import { startTestService as start, type TestService, type TestServiceOptions as KitOptions } from 'nestage/testing';

export type { TestService };

/** Those that `startWebService` makes. */
export const ADAPTERS = ['express', 'fastify'] as const;
export type AdapterName = (typeof ADAPTERS)[number];
/** And Nest's own for Express, as an ordinary `NestFactory.create` has it. */
export const ALL_ADAPTERS = [...ADAPTERS, 'plain express'] as const;
export type TestAdapterName = (typeof ALL_ADAPTERS)[number];

export interface TestServiceOptions extends Omit<KitOptions, 'adapter'> {
  readonly adapter: TestAdapterName;
  /** Whether the adapter believes what proxies say of their clients. @default false */
  readonly trustProxy?: boolean;
}

/** As `nestage/testing` starts a service, on an adapter by name. */
export const startTestService = ({ adapter, trustProxy, ...options }: TestServiceOptions): Promise<TestService> =>
  start({ ...options, adapter: adapterOf(adapter, trustProxy) });

export function adapterOf(name: TestAdapterName, trustProxy = false): ExpressAdapter | FastifyAdapter {
  if (name === 'fastify') return new FastifyAdapter({ trustProxy });
  const adapter = name === 'express' ? new StageExpressAdapter() : new ExpressAdapter();
  if (name === 'express') adapter.disable('x-powered-by');
  if (trustProxy) adapter.getInstance<{ set(name: string, value: boolean): void }>().set('trust proxy', true);
  return adapter;
}

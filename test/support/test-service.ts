import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startTestService as start, type TestService, type TestServiceOptions as KitOptions } from 'nestage/testing';

export type { TestService };

export const ADAPTERS = ['express', 'fastify'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

export interface TestServiceOptions extends KitOptions {
  readonly adapter: AdapterName;
  /** Whether the adapter believes what proxies say of their clients. @default false */
  readonly trustProxy?: boolean;
}

/** As `nestage/testing` starts a service, but on Nest's plain adapters, as an ordinary `NestFactory.create` would make them. */
export const startTestService = ({ adapter, trustProxy, ...options }: TestServiceOptions): Promise<TestService> =>
  start({ ...options, adapter: adapterOf(adapter, trustProxy) });

export function adapterOf(name: AdapterName, trustProxy = false): ExpressAdapter | FastifyAdapter {
  if (name === 'fastify') return new FastifyAdapter({ trustProxy });
  const adapter = new ExpressAdapter();
  if (trustProxy) adapter.getInstance<{ set(name: string, value: boolean): void }>().set('trust proxy', true);
  return adapter;
}

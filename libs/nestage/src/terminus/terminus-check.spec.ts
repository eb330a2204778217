import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Injectable, Logger, type LoggerService, Module, Scope, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  DiskHealthIndicator,
  type HealthIndicatorResult,
  HealthIndicatorService,
  MemoryHealthIndicator,
  TerminusModule,
} from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import { createHealthCheck, type HealthCheck, type HealthCheckFactory, type ProviderResolver } from '../core/health/health-check.js';
import { terminusCheck } from './index.js';

/** An indicator of the user's own, transient as most of terminus' indicators are. */
@Injectable({ scope: Scope.TRANSIENT })
class PortIndicator {
  static instances = 0;

  constructor(private readonly indicators: HealthIndicatorService) {
    PortIndicator.instances += 1;
  }

  pingCheck(key: string, port: number) {
    return this.indicators
      .check(key)
      .attempt(async ({ signal }) => {
        const socket = createConnection({ host: '127.0.0.1', port, signal });
        await once(socket, 'connect');
        socket.destroy();
        return { address: `127.0.0.1:${port}` };
      })
      .withTimeout(2000);
  }

  answer(result: unknown): HealthIndicatorResult {
    return result as HealthIndicatorResult;
  }

  fail(): never {
    throw new Error('connect ECONNREFUSED 10.0.0.5:6379');
  }
}

@Module({ imports: [TerminusModule.forRoot({ logger: false })], providers: [PortIndicator] })
class DatabaseModule {}

@Module({ imports: [DatabaseModule] })
class AppModule {}

describe('terminusCheck', () => {
  const written: unknown[] = [];
  const keep = (message: unknown): void => void written.push(message);
  const logger: LoggerService = { log: keep, error: keep, warn: keep, fatal: keep, debug: () => {}, verbose: () => {} };
  let app: TestingModule;
  let resolve: ProviderResolver;

  beforeAll(async () => {
    app = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger(logger)
      .compile();
    await app.init();
    resolve = (type) => app.get(ModuleRef).resolve(type, undefined, { strict: false });
    written.length = 0;
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });

  const create = (factory: HealthCheckFactory): Promise<HealthCheck> => createHealthCheck(factory, resolve);
  const ask = async (factory: HealthCheckFactory) => (await create(factory)).check(AbortSignal.timeout(5000));
  const answering = (result: unknown): HealthCheckFactory => terminusCheck('own', PortIndicator, (indicator) => indicator.answer(result));

  it('is healthy while the disk has room', async () => {
    const check = terminusCheck('disk', DiskHealthIndicator, (disk) => disk.checkStorage('disk', { path: '/', thresholdPercent: 1 }));
    expect(check.name).toBe('disk');
    await expect(ask(check)).resolves.toEqual({ status: 'healthy', details: undefined });
  });

  it('is unhealthy with the reason of the indicator when it is down, and writes no log line', async () => {
    const check = terminusCheck('disk', DiskHealthIndicator, (disk) => disk.checkStorage('disk', { path: '/', thresholdPercent: 0 }));
    const reason = 'Used disk storage exceeded the set threshold';
    await expect(ask(check)).resolves.toEqual({ status: 'unhealthy', reason, details: { message: reason } });
    const heap = terminusCheck('heap', MemoryHealthIndicator, (memory) => memory.checkHeap('heap', 1));
    await expect(ask(heap)).resolves.toMatchObject({ status: 'unhealthy', reason: 'Used heap exceeded the set threshold' });
    expect(written).toEqual([]);
  });

  it('rejects as the indicator does', async () => {
    const missing = terminusCheck('disk', DiskHealthIndicator, (disk) =>
      disk.checkStorage('disk', { path: '/no/such/folder', thresholdPercent: 1 }),
    );
    await expect(ask(missing)).rejects.toThrow('ENOENT');
    await expect(ask(terminusCheck('redis', PortIndicator, (indicator) => indicator.fail()))).rejects.toThrow('connect ECONNREFUSED');
    expect(written).toEqual([]);
  });

  it('takes the attempts that terminus builds, from one instance of a transient indicator', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    PortIndicator.instances = 0;
    const { check } = await create(terminusCheck('redis', PortIndicator, (redis) => redis.pingCheck('redis', port)));
    const signal = new AbortController().signal;
    const up = await check(signal);
    expect(up).toMatchObject({ status: 'healthy', details: { address: `127.0.0.1:${port}` } });
    server.close();
    await once(server, 'close');
    const down = await check(signal);
    expect(down).toMatchObject({ status: 'unhealthy', reason: `connect ECONNREFUSED 127.0.0.1:${port}` });
    expect(PortIndicator.instances).toBe(1);
  });

  it('hands the signal on', async () => {
    const signals: AbortSignal[] = [];
    const factory = terminusCheck('own', PortIndicator, (indicator, signal) => {
      signals.push(signal);
      return indicator.answer({ own: { status: 'up' } });
    });
    const { signal } = new AbortController();
    await (await create(factory)).check(signal);
    expect(signals).toEqual([signal]);
  });

  it.each([
    [{ own: { status: 'degraded', lag: 3 } }, { status: 'degraded', reason: 'own is degraded', details: { lag: 3 } }],
    [
      { first: { status: 'up' }, second: { status: 'down', message: 'gone' }, third: { status: 'degraded' } },
      { status: 'unhealthy', reason: 'gone; third is degraded' },
    ],
    [{ own: { status: 'ok' } }, { status: 'unhealthy', reason: 'own is ok' }],
    [{ own: undefined }, { status: 'unhealthy', reason: 'own is without a status' }],
    [{}, { status: 'unhealthy', reason: 'the indicator gave no result' }],
    [undefined, { status: 'unhealthy', reason: 'the indicator gave no result' }],
  ])('maps the result %j', async (result, verdict) => {
    await expect(ask(answering(result))).resolves.toMatchObject(verdict);
  });

  it('can be marked as a part that the service can do without', async () => {
    const up = (indicator: PortIndicator) => indicator.answer({ own: { status: 'up' } });
    expect((await create(terminusCheck('cache', PortIndicator, up, { critical: false }))).critical).toBe(false);
    expect((await create(terminusCheck('cache', PortIndicator, up))).critical).toBeUndefined();
  });

  it('says at start what to import when the indicator is not provided', async () => {
    const bare = await Test.createTestingModule({}).compile();
    const resolveBare: ProviderResolver = <T>(type: Type<T>) => bare.get(ModuleRef).resolve(type, undefined, { strict: false });
    const check = terminusCheck('disk', DiskHealthIndicator, (disk) => disk.checkStorage('disk', { path: '/', thresholdPercent: 1 }));
    await expect(createHealthCheck(check, resolveBare)).rejects.toThrow(
      /^Health check "disk" needs DiskHealthIndicator, which can't be resolved \(.*\): import TerminusModule\.forRoot\(\{ logger: false \}\)/s,
    );
  });
});

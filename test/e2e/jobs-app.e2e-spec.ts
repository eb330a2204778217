import { request as httpRequest } from 'node:http';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { ManagementListener } from '../../libs/nestage/src/http/builtin/management-listener.js';
import { StageHandler } from 'nestage';
import { JobsModule } from 'nestage/jobs';
import { JOB_HANDLERS, JobDesk } from '../support/job-handlers.js';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';
import { until } from '../support/until.js';

@Injectable({ scope: Scope.REQUEST })
class Tenant {
  constructor(@Inject(REQUEST) private readonly request: { readonly headers: Record<string, string> }) {}
  get name(): string | undefined {
    return this.request.headers['x-tenant'];
  }
}

@StageHandler('/tenant', { request: false, jobs: true })
class TenantHandler {
  constructor(private readonly tenant: Tenant) {}
  run() {
    return { tenant: this.tenant.name };
  }
}

const ASYNC = { prefer: 'respond-async' };

describe.each(ADAPTERS)('jobs in an app on %s', (adapter) => {
  let folder: string;
  let service: TestService;
  const start = async (more: Partial<TestServiceOptions> = {}): Promise<void> => {
    const providers = [...JOB_HANDLERS, Tenant, TenantHandler, { provide: JobDesk, useValue: new JobDesk() }];
    service = await startTestService({ adapter, providers, imports: [JobsModule.forRoot({ folder })], ...more });
  };
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nestage-jobs-'))));
  afterEach(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('stand below its prefix', async () => {
    await start({ configure: (app) => void app.setGlobalPrefix('api') });
    const accepted = await service.post('/api/texts', { text: 'x' }, { headers: ASYNC });
    expect(accepted.headers.get('location')).toMatch(/^\/api\/jobs\//);
    expect((await fetch(service.url + accepted.headers.get('location'))).status).toBe(200);
  });

  it('are asked for where requests are, not where operators are', async () => {
    await start({ options: { management: { port: 0 } } });
    const accepted = await service.post('/texts', { text: 'x' }, { headers: ASYNC });
    const path = accepted.headers.get('location') ?? '';
    const { port } = service.app.get(ManagementListener, { strict: false }).address ?? { port: 0 };
    expect([(await fetch(service.url + path)).status, (await fetch(`http://127.0.0.1:${port}${path}`)).status]).toEqual([200, 404]);
    expect((await fetch(`${service.url}/metrics`)).status).toBe(404);
  });

  it('are served by handlers of their own request', async () => {
    await start();
    const headers = { 'x-tenant': 'acme' };
    const expected = await (await service.post('/tenant', {}, { headers })).json();
    const accepted = await service.post('/tenant', {}, { headers: { ...headers, prefer: 'respond-async, wait=20' } });
    expect([expected, await accepted.json()]).toEqual([{ tenant: 'acme' }, { tenant: 'acme' }]);
  });

  it('have other paths, or none', async () => {
    await start({ imports: [JobsModule.forRoot({ folder, route: { path: '/v1/tasks' } })] });
    const accepted = await service.post('/texts', { text: 'x' }, { headers: ASYNC });
    expect(accepted.headers.get('location')).toMatch(/^\/v1\/tasks\//);
    await service.close();
    await start({ imports: [JobsModule.forRoot({ folder, route: false })] });
    const response = await service.post('/texts', { text: 'x' }, { headers: ASYNC });
    expect([response.status, response.headers.get('location')]).toEqual([202, null]);
  });

  it('do not begin with half a body', async () => {
    await start();
    const { port } = new URL(service.url);
    const headers = { ...ASYNC, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const half = httpRequest({ port, host: '127.0.0.1', path: '/texts', method: 'POST', headers });
    half.on('error', () => undefined);
    half.write(`{"text":"${'half '.repeat(50_000)}`);
    await until(() => service.log.messages.length > 0);
    setTimeout(() => half.destroy(), 50);
    await until(() => service.log.messages.some((line) => /^Request finished: .*client_closed/.test(line)));
    expect(service.log.messages.filter((line) => line.startsWith('Job '))).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    const whole = await service.post('/texts', { text: 'whole' }, { headers: ASYNC });
    expect(whole.status).toBe(202);
  });
});

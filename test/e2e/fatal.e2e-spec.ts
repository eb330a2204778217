import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process.js';

describe('a fatal error under startWebService', () => {
  const children: ServiceProcess[] = [];

  afterEach(() => Promise.all(children.splice(0).map((child) => child.remove())));

  function start(options: object): ServiceProcess {
    const child = new ServiceProcess({ main: join(import.meta.dirname, 'fatal-child.ts'), args: [JSON.stringify(options)] });
    children.push(child);
    return child;
  }

  const post = (url: string, body: object): Promise<Response> =>
    fetch(`${url}/work`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

  it('lets requests in flight end, then ends the process with code 1', async () => {
    const child = start({});
    const url = await child.ready();
    const work = post(url, { ms: 500 });
    await child.says(/Parse Params/);
    const fatal = await post(url, {});
    expect([fatal.status, ((await fatal.json()) as { error: string }).error]).toEqual([500, 'fatal_error']);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect(await (await work).json()).toEqual({ waited: 500 });
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.log('.wf').some((line) => line.includes('A fatal error has happened: the service is no longer ready'))).toBe(true);
    expect(child.log().some((line) => line.includes('After a fatal error, shutting down'))).toBe(true);
  });

  it("stays, out of readiness, with onFatal: 'stay'", async () => {
    const child = start({ onFatal: 'stay' });
    const url = await child.ready();
    expect((await post(url, {})).status).toBe(500);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await post(url, { ms: 1 })).status).toBe(200);
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

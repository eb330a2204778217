import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComposeProcesses, startCompose } from '../support/compose-processes.js';
import { type BuiltImage, runDockerfile } from '../support/dockerfile-runner.js';
import { runCommand } from '../support/run-command.js';
import { until } from '../support/until.js';

const root = join(import.meta.dirname, '../..');
const INVOICE = join(root, 'apps/vision-chat/samples/invoice.png');

jest.setTimeout(600_000);

describe('the image and the compose file, run without an engine', () => {
  let folder: string;
  let image: BuiltImage;
  let compose: ComposeProcesses;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestage-image-'));
    image = await runDockerfile(await readFile(join(root, 'deploy/Dockerfile'), 'utf8'), root, join(folder, 'image'));
    compose = await startCompose(join(root, 'deploy/compose.yaml'), image, folder);
  });
  afterAll(async () => {
    await compose?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function chat(url: string): Promise<{ status: number; text: string; logId: string }> {
    const picture = `data:image/png;base64,${(await readFile(INVOICE)).toString('base64')}`;
    const content = [{ type: 'image_url', image_url: { url: picture } }];
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content }] }),
    });
    return { status: reply.status, text: await reply.text(), logId: reply.headers.get('logid') ?? '' };
  }

  it('holds no more than the service needs', () => {
    const at = (path: string): boolean => existsSync(join(image.root, image.workdir, path));
    expect([at('node_modules/jest'), at('node_modules/@nestjs/cli'), at('libs'), at('.npmrc')]).toEqual([false, false, false, false]);
    const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';
    expect([at(`${binaries}/win32`), at(`${binaries}/darwin`), at(`${binaries}/linux/${process.arch}`)]).toEqual([false, false, true]);
    expect([image.user, image.command[0]]).toEqual(['node', 'node']); // nobody stands between a signal and Node
  });

  it('starts every service that this machine has the program of', () => {
    expect(Object.entries(compose.replicas).map(([name, { length }]) => `${name} x ${length}`)).toEqual(['web x 1', 'worker x 2']);
    expect(compose.leftOut).toEqual(['grafana']);
  });

  it('reads a picture: the web process takes it, a worker reads it, one log id in both logs', async () => {
    const [web] = compose.replicas['web'];
    const { status, text, logId } = await chat(web.url);
    expect([status, text]).toEqual([200, expect.stringContaining('Total')]);
    expect(web.output()).toContain(logId);
    expect(compose.replicas['worker'].filter((worker) => worker.output().includes(logId))).toHaveLength(1);
  });

  it('goes on with the other worker when one is killed', async () => {
    const [web] = compose.replicas['web'];
    const [victim] = compose.replicas['worker'];
    const asked = Array.from({ length: 6 }, () => chat(web.url));
    process.kill(victim.pid, 'SIGKILL');
    for (const { status, text } of await Promise.all(asked)) expect([status, text]).toEqual([200, expect.stringContaining('Total')]);
  });

  it('answers its own health check, which fails where nobody listens', async () => {
    const [web] = compose.replicas['web'];
    const [program, ...words] = image.healthcheck;
    const cwd = join(image.root, image.workdir);
    await runCommand(program, words, cwd, { MANAGEMENT_PORT: String(web.managementPort) });
    await expect(runCommand(program, words, cwd, { MANAGEMENT_PORT: '1' })).rejects.toThrow();
  });

  it('keeps metrics off the port of clients, and gives them to Prometheus', async () => {
    const [web] = compose.replicas['web'];
    expect((await fetch(`${web.url}/metrics`)).status).toBe(404);
    const query = `${compose.prometheusUrl}/api/v1/query?query=sum(nestage_requests_total)`;
    await until(async () => {
      const reply = await fetch(query).then(
        (each) => each.json() as Promise<{ data?: { result: { value: [number, string] }[] } }>,
        () => undefined,
      );
      return Number(reply?.data?.result[0]?.value[1] ?? 0) >= 7;
    });
  });

  it('drains at SIGTERM', async () => {
    const [web] = compose.replicas['web'];
    process.kill(web.pid, 'SIGTERM');
    await until(() => web.output().includes('Web service stopped'));
  });
});

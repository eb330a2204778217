import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { hashApiKey } from 'nestage/security';
import { ServiceProcess } from '../support/service-process.js';

const PLAIN = join(import.meta.dirname, 'process-child.ts');
const VISION_CHAT = join(import.meta.dirname, '../../apps/vision-chat/src/main.ts');
const KEY = 'a-key-of-ann-6b1f0c9d2e';

describe('a service that others reach', () => {
  const running: ServiceProcess[] = [];
  afterEach(() => Promise.all(running.splice(0).map((each) => each.remove())));

  const start = async (main: string, env: NodeJS.ProcessEnv) => {
    const child = new ServiceProcess({ main, env });
    running.push(child);
    const url = (await child.ready()).replace('0.0.0.0', '127.0.0.1');
    // The console has them before the line that it is ready; the files may take a moment longer.
    const warnings = child.output
      .split('\n')
      .filter((line) => line.includes('[level:WARNING]'))
      .map((line) => line.replace(/^(?:\[[^\]]*\] )+/, ''));
    return { child, url, warnings };
  };
  const stop = async (child: ServiceProcess) => {
    child.child.kill('SIGTERM');
    return (await child.exited).code;
  };
  const statusOf = async (url: string, key?: string) =>
    (await fetch(url, { headers: key ? { authorization: `Bearer ${key}` } : {} })).status;

  it('warns in one line when it asks for no keys', async () => {
    const { warnings } = await start(PLAIN, { HOST: '0.0.0.0' });
    expect(warnings).toEqual([
      'The service listens on 0.0.0.0 without API keys, so whoever reaches it may use it. Import SecurityModule.forRoot() of ' +
        'nestage/security and set API_KEYS=name:key or API_KEYS_FILE, or listen on 127.0.0.1',
    ]);
  });

  it('warns on any address when it has keys that nothing asks for', async () => {
    const { warnings, child } = await start(PLAIN, { API_KEYS: `ann:${KEY}` });
    expect(warnings).toEqual([
      'API keys are set in the environment, but nothing asks for them: import SecurityModule.forRoot() of nestage/security',
    ]);
    expect(child.output).not.toContain(KEY);
  });

  it('warns of nothing on this machine alone', async () => {
    expect((await start(PLAIN, {})).warnings).toEqual([]);
  });

  it('is vision-chat with keys of the environment, without a warning', async () => {
    const { child, url, warnings } = await start(VISION_CHAT, {
      HOST: '0.0.0.0',
      API_KEYS: `ann:${KEY}`,
      MANAGEMENT_API_KEYS: 'ops:ops-key',
    });
    expect(warnings).toEqual([]);
    expect([await statusOf(`${url}/v1/models`), await statusOf(`${url}/v1/models`, KEY)]).toEqual([401, 200]);
    expect([await statusOf(`${url}/stats`, KEY), await statusOf(`${url}/stats`, 'ops-key')]).toEqual([403, 200]);
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    expect(await stop(child)).toBe(0);
    expect(child.output + child.log().join('\n')).not.toContain(KEY);
  });

  it('is vision-chat with a file of keys that changes while it runs, its API document for operators', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestage-keys-'));
    const file = join(folder, 'keys.json');
    const entry = (name: string, key: string, scopes?: string[]) => ({ name, hash: hashApiKey(key), scopes });
    writeFileSync(file, JSON.stringify([entry('ann', KEY), entry('ops', 'ops-key', ['management'])]));
    const { child, url } = await start(VISION_CHAT, { API_KEYS_FILE: file });
    expect([await statusOf(`${url}/v1/models`, KEY), await statusOf(`${url}/v1/models`, 'another')]).toEqual([200, 401]);
    for (const path of ['/docs', '/docs-json']) {
      expect([await statusOf(url + path), await statusOf(url + path, KEY), await statusOf(url + path, 'ops-key')]).toEqual([401, 403, 200]);
    }
    writeFileSync(file, JSON.stringify([entry('bob', 'another')]));
    await child.says(/Access keys read from .*keys\.json: 1 \(bob\)/);
    expect([await statusOf(`${url}/v1/models`, KEY), await statusOf(`${url}/v1/models`, 'another')]).toEqual([401, 200]);
    expect(await stop(child)).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it('does not start with a file of keys that is not there', async () => {
    const child = new ServiceProcess({ main: VISION_CHAT, env: { API_KEYS_FILE: '/nowhere/keys.json' } });
    running.push(child);
    expect((await child.exited).code).toBe(1);
    expect(child.output).toContain(
      "The key file /nowhere/keys.json can't be read (ENOENT) (set it in API_KEYS_FILE or the option keysFile).",
    );
  });
});

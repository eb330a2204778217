import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fencesOf } from '../support/markdown-fences.js';
import { spawnService } from '../support/spawned-service.js';

const root = join(import.meta.dirname, '../..');
const fences = fencesOf(join(root, 'README.md'));
const marked = (mark: string): string => {
  const fence = fences.find((each) => each.mark === mark);
  if (!fence) throw new Error(`README.md has no fence marked "${mark}"`);
  return fence.code;
};

describe('README', () => {
  it('shows a handler that starts and answers as it stands', async () => {
    const code = marked('handler: main.ts');
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(30);
    const folder = join(root, 'node_modules/.cache/nestage-readme'); // below node_modules, so that its imports resolve
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'main.ts'), code);
    const service = await spawnService(join(folder, 'main.ts'));
    try {
      const headers = { 'content-type': 'application/json' };
      const good = await fetch(`${service.url}/v1/summaries`, {
        method: 'POST',
        headers,
        body: '{"text":" one two three four five six "}',
      });
      expect([good.status, await good.json()]).toEqual([200, { summary: 'one two three four five', words: 5 }]);
      const bad = await fetch(`${service.url}/v1/summaries`, { method: 'POST', headers, body: '{"text":5}' });
      expect([bad.status, ((await bad.json()) as { error: string }).error]).toEqual([400, 'invalid_request']);
    } finally {
      expect(await service.stop()).toBe(0);
      rmSync(folder, { recursive: true });
    }
  });

  it('shows a first curl whose output is the one it prints', async () => {
    const service = await spawnService(join(root, 'apps/vision-chat/src/main.ts'));
    try {
      const command = marked('first-curl').replaceAll('http://127.0.0.1:8000', service.url);
      expect(command).toContain(service.url);
      expect(execFileSync('sh', ['-c', command], { cwd: root, encoding: 'utf8' })).toBe(marked('first-output'));
    } finally {
      expect(await service.stop()).toBe(0);
    }
  });

  it('names the two commands word for word', () => {
    const commands = fences.filter(({ language }) => language === 'sh').map(({ code }) => code.trim());
    expect(commands).toEqual(expect.arrayContaining(['npm ci && npm start', 'npm ci && npm test']));
  });
});

import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveCommand, type ServingCommand } from '../support/run-command.js';

const root = join(import.meta.dirname, '../..');
/** What `npm start` needs of the repository. */
const PARTS = ['package.json', 'tsconfig.json', 'nest-cli.json', 'apps', 'libs'];

describe('npm start, where nothing was built before', () => {
  let folder: string;
  let service: ServingCommand;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestage-first-start-'));
    const filter = (path: string): boolean => !/\/(?:dist|node_modules)(?:\/|$)/.test(path.slice(root.length));
    for (const part of PARTS) await cp(join(root, part), join(folder, part), { recursive: true, filter });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    service = await serveCommand('npm', ['start'], folder);
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('serves everything that the README promises, with all files that it takes', async () => {
    const page = await fetch(`${service.url}/dashboard`);
    expect(page.status).toBe(200);
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/dashboard\/files\/[^"]+)"/g)].map(([, path]) => path);
    expect(files.length).toBeGreaterThan(3);
    for (const path of [...files, '/dashboard/catalogue', '/docs', '/health/ready', '/v1/models']) {
      expect([path, (await fetch(service.url + path)).status]).toEqual([path, 200]);
    }
  });
});

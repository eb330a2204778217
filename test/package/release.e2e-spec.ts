import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/run-command.js';

const root = join(import.meta.dirname, '../..');

describe('the release script', () => {
  let folder: string;
  const git = (...words: string[]): Promise<string> =>
    runCommand('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...words], folder);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestage-release-'));
    await mkdir(join(folder, 'libs/nestage'), { recursive: true });
    await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
    await writeFile(join(folder, 'libs/nestage/package.json'), JSON.stringify({ version: '1.2.3' }));
    await writeFile(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## 1.2.2\n');
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'first');
    await git('tag', 'v1.2.3');
    await writeFile(join(folder, 'left.txt'), 'over');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('names everything that stands in the way, and does nothing then', async () => {
    const refused = runCommand(process.execPath, ['scripts/release.mjs'], folder);
    await expect(refused).rejects.toThrow('not committed');
    await expect(refused).rejects.toThrow('There is a tag v1.2.3');
    await expect(refused).rejects.toThrow('CHANGELOG.md has no heading "## 1.2.3"');
  });
});

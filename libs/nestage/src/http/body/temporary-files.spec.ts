import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { folderPrefix } from './stale-folders.js';
import { StoredFile, TemporaryFiles } from './temporary-files.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'temporary-files-spec-'))));
afterEach(() => rmSync(root, { recursive: true }));

const create = (temporaryFolder = root): TemporaryFiles => new TemporaryFiles({ temporaryFolder });

describe('TemporaryFiles', () => {
  it('keeps files in one folder that only the user may read, and takes the folder away with the last of them', async () => {
    const files = create();
    const [first, second] = [await files.create(), await files.create()];
    await first.append(Buffer.from('one '));
    await first.append(Buffer.from('two'));
    await first.close();
    expect(readFileSync(first.path, 'utf8')).toBe('one two');
    expect(dirname(second.path)).toBe(dirname(first.path));
    expect([statSync(dirname(first.path)).mode & 0o777, statSync(first.path).mode & 0o777]).toEqual([0o700, 0o600]);
    first.remove();
    second.remove();
    second.remove();
    await files.onApplicationShutdown();
    expect(readdirSync(root)).toEqual([]);
    const third = await files.create();
    expect(existsSync(third.path)).toBe(true);
    third.remove();
    await files.onApplicationShutdown();
    expect(readdirSync(root)).toEqual([]);
  });

  it('takes a file away from under whoever writes it', async () => {
    const files = create();
    const file = await files.create();
    const writing = file.append(Buffer.alloc(5_000_000));
    file.remove();
    await Promise.allSettled([writing]);
    await files.onApplicationShutdown();
    expect(readdirSync(root)).toEqual([]);
  });

  it('makes its folder anew when somebody has taken it away', async () => {
    const files = create();
    const first = await files.create();
    rmSync(dirname(first.path), { recursive: true });
    const second = await files.create();
    expect(existsSync(second.path)).toBe(true);
    first.remove();
    second.remove();
    await files.onApplicationShutdown();
    expect(readdirSync(root)).toEqual([]);
  });

  it('tells of a folder that is not there, and goes on when it is', async () => {
    const nowhere = join(root, 'nowhere');
    const files = create(nowhere);
    await files.onModuleInit();
    await expect(files.create()).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(nowhere);
    (await files.create()).remove();
    await files.onApplicationShutdown();
    expect(readdirSync(nowhere)).toEqual([]);
  });

  it('answers "overloaded" where the disk is full', async () => {
    const files = create();
    const file = await files.create();
    const full = new StoredFile(file.path, await open('/dev/full', 'w'), () => undefined);
    await expect(full.append(Buffer.from('x'))).rejects.toMatchObject({ code: 'overloaded', cause: { code: 'ENOSPC' } });
    await full.close();
    file.remove();
    await files.onApplicationShutdown();
  });

  it('takes away at the next start what a process that crashed has left behind', async () => {
    const crash = `
      import { mkdtempSync, writeFileSync } from 'node:fs';
      import { folderPrefix } from ${JSON.stringify(join(import.meta.dirname, 'stale-folders.ts'))};
      writeFileSync(mkdtempSync(folderPrefix(${JSON.stringify(root)})) + '/file', 'left');
      process.kill(process.pid, 'SIGKILL');`;
    const hook = join(import.meta.dirname, '../../../../../test/support/typescript-hook.mjs');
    const { signal } = spawnSync(process.execPath, ['--import', hook, '--input-type=module', '-e', crash]);
    expect(signal).toBe('SIGKILL');
    expect(readdirSync(root)).toHaveLength(1);
    await create().onModuleInit();
    expect(readdirSync(root)).toEqual([]);
  });

  it('takes away the folder of an earlier process of the same number, as in a container', async () => {
    const earlier = `${folderPrefix(root).replace(/-\d+-$/, '-1-')}abcdef`;
    mkdirSync(earlier);
    writeFileSync(join(earlier, 'file'), 'left');
    await create().onModuleInit();
    expect(readdirSync(root)).toEqual([]);
  });

  it("leaves alone its own folders, other machines', other names, files and links", async () => {
    const files = create();
    const own = await files.create();
    const [, machine] = /uploads-([0-9a-f]{8})-/.exec(folderPrefix(root)) ?? [];
    const other = machine === '00000000' ? '11111111' : '00000000';
    const target = join(root, 'target');
    for (const name of [`nestage-uploads-${other}-999999999-1-abcdef`, 'nestage-uploads-x', 'target']) mkdirSync(join(root, name));
    writeFileSync(join(target, 'precious'), '');
    writeFileSync(join(root, `nestage-uploads-${machine}-999999999-1-aaaaaa`), 'a file');
    symlinkSync(target, join(root, `nestage-uploads-${machine}-999999999-1-bbbbbb`));
    const before = readdirSync(root);
    await create().onModuleInit();
    expect(readdirSync(root)).toEqual(before);
    expect(readdirSync(target)).toEqual(['precious']);
    expect(before).toContain(basename(dirname(own.path)));
    own.remove();
    await files.onApplicationShutdown();
  });
});

import { mkdtempSync, rmSync, writeFileSync, renameSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { hashApiKey } from './api-key.js';
import { KeyFile } from './key-file.js';

const POLL_MS = 1000;
const list = (...names: string[]) => JSON.stringify(names.map((name) => ({ name, hash: hashApiKey(`key of ${name}`) })));

describe('a file of keys', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let log: MemoryLogWriter;
  let names: string[];
  let file: KeyFile;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-keys-'));
    path = join(folder, 'keys.json');
    clock = new FakeClock();
    log = new MemoryLogWriter();
    names = [];
    const onKeys = (keys: readonly { name: string }[]) => void (names = keys.map(({ name }) => name));
    file = new KeyFile({ path, pollMs: POLL_MS, clock, log, onKeys });
  });
  afterEach(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });

  /** Lets the file be looked at once, and waits until that has been done. */
  const look = async () => {
    clock.advance(POLL_MS);
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const complaints = () => log.records.filter(({ level }) => level === 'ERROR').map(({ message }) => message.replace(path, '<file>'));

  it('is read at the start, and anew whenever it has changed', async () => {
    writeFileSync(path, list('ann'));
    await file.open();
    expect(names).toEqual(['ann']);
    writeFileSync(path, list('ann', 'bob'));
    await look();
    expect(names).toEqual(['ann', 'bob']);
    await look();
    await look();
    expect(log.messages.map((line) => line.replace(path, '<file>'))).toEqual([
      'Access keys read from <file>: 1 (ann)',
      'Access keys read from <file>: 2 (ann, bob)',
    ]);
  });

  it('may be replaced by another of the same length and time', async () => {
    writeFileSync(path, list('ann'));
    await file.open();
    writeFileSync(join(folder, 'next'), list('eve'));
    renameSync(join(folder, 'next'), path);
    await look();
    expect(names).toEqual(['eve']);
  });

  it.each([
    ['', 'is no JSON'],
    [list('bob').slice(0, -5), 'is no JSON'],
    ['{"keys":[]}', `can't be used: "keys" must be a list of { name, hash, scopes, expiresAt } (set it in the file)`],
    ['[{"name":"bob","hash":"a plain key"}]', `can't be used: "keys[0].hash" must be "sha256:" and 64 hex digits`],
    ['[' + ' '.repeat(1_100_000) + ']', 'is longer than 1048576 bytes'],
  ])('that is broken leaves the last good keys in force, and is told once (%#)', async (text, problem) => {
    writeFileSync(path, list('ann'));
    await file.open();
    writeFileSync(path, text);
    await look();
    expect(complaints()).toEqual([]); // it may be only half written
    for (let looks = 0; looks < 4; looks++) await look();
    expect(names).toEqual(['ann']);
    expect(complaints()).toEqual([expect.stringContaining(`The key file <file> ${problem}`)]);
    expect(complaints()[0]).toMatch(/the last 1 good keys stay in force$/);
    expect(complaints()[0]).not.toContain('a plain key');
    writeFileSync(path, list('ann'));
    await look();
    expect(log.messages.at(-1)).toContain('Access keys read from');
    writeFileSync(path, text);
    await look();
    await look();
    expect(complaints()).toHaveLength(2);
  });

  it('that has gone leaves the last good keys in force', async () => {
    writeFileSync(path, list('ann'));
    await file.open();
    rmSync(path);
    await look();
    await look();
    expect(names).toEqual(['ann']);
    expect(complaints()).toEqual([`The key file <file> can't be read (ENOENT): the last 1 good keys stay in force`]);
    writeFileSync(path, list('bob'));
    await look();
    expect(names).toEqual(['bob']);
  });

  it('that is written in pieces is taken when it is whole, without a word', async () => {
    writeFileSync(path, list('ann'));
    await file.open();
    const next = list('ann', 'bob', 'eve');
    for (let end = 0; end < next.length; end += 40) {
      writeFileSync(path, next.slice(0, end));
      await look();
      expect(names).toEqual(['ann']);
    }
    writeFileSync(path, next);
    await look();
    expect(names).toEqual(['ann', 'bob', 'eve']);
    expect(complaints()).toEqual([]);
  });

  it.each([
    ['is missing', () => undefined, `can't be read (ENOENT)`],
    ['is a folder', () => mkdirSync(path), `can't be read (not a file)`],
    ['is broken', () => writeFileSync(path, 'secret-key-material'), 'is no JSON'],
  ])('that %s at the start is a fault', async (_what, make, problem) => {
    make();
    const opening = file.open();
    await expect(opening).rejects.toThrow(`The key file ${path} ${problem} (set it in API_KEYS_FILE or the option keysFile).`);
    await expect(opening).rejects.not.toThrow('secret-key-material');
    expect(clock.pendingTimers).toBe(0);
  });

  it('is left alone once it is closed', async () => {
    writeFileSync(path, list('ann'));
    await file.open();
    file.close();
    expect(clock.pendingTimers).toBe(0);
    writeFileSync(path, list('bob'));
    await clock.advanceAsync(10 * POLL_MS);
    expect(names).toEqual(['ann']);
  });
});

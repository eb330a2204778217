import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { FakeClock } from '../../testing/fake-clock.js';
import { FileSystemPayloadStore } from './file-system-payload-store.js';

describe('FileSystemPayloadStore', () => {
  let root: string;
  let folder: string;
  let clock: FakeClock;
  let store: FileSystemPayloadStore;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nestage-payloads-'));
    folder = join(root, 'below', 'jobs');
    clock = new FakeClock(Date.now());
    store = new FileSystemPayloadStore({ folder }, clock);
  });
  afterEach(async () => {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('gives back what it was given, at once and as a stream, and deletes it', async () => {
    const bytes = Buffer.from([0, 255, 10, 13]);
    async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
      yield bytes.subarray(0, 1);
      yield bytes.subarray(1);
    }
    for (const reference of [await store.put(bytes, 1000), await store.putStream(chunks(), 1000)]) {
      expect(await store.get(reference)).toEqual(bytes);
      const stream = await store.open(reference);
      expect(stream && (await buffer(stream))).toEqual(bytes);
      await store.delete(reference);
      expect([await store.get(reference), await store.open(reference)]).toEqual([undefined, undefined]);
    }
  });

  it('lets only its user look into the folder and the files', async () => {
    const reference = await store.put(Buffer.from('secret'), 1000);
    expect([statSync(folder).mode & 0o777, statSync(join(folder, reference)).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('makes no path of a reference that is not its own', async () => {
    await store.put(Buffer.from('x'), 1000);
    const outside = join(root, 'outside');
    writeFileSync(outside, 'secret');
    for (const reference of ['../../outside', outside, '..', '', '9999999999999-/../../outside', `9999999999999-${'a'.repeat(36)}\0`]) {
      expect([await store.get(reference), await store.open(reference)]).toEqual([undefined, undefined]);
      await store.delete(reference);
    }
    expect(existsSync(outside)).toBe(true);
  });

  it('forgets what has had its time, and sweeps it away with what was left half written', async () => {
    const [short, long] = [await store.put(Buffer.from('short'), 1000), await store.put(Buffer.from('long'), 600_000)];
    const partial = 'partial-00000000-0000-0000-0000-000000000000';
    writeFileSync(join(folder, partial), 'half');
    writeFileSync(join(folder, 'not-ours'), 'kept');
    clock.advance(1001);
    expect([await store.get(short), (await store.get(long))?.toString()]).toEqual([undefined, 'long']);
    await store.sweep();
    expect(readdirSync(folder).sort()).toEqual([long, 'not-ours', partial].sort());
    utimesSync(join(folder, partial), 0, 0);
    await store.sweep();
    expect(readdirSync(folder).sort()).toEqual([long, 'not-ours'].sort());
  });

  it('leaves nothing behind of bytes that never came to their end', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from('first');
      throw new Error('the client has gone');
    }
    await expect(store.putStream(broken(), 1000)).rejects.toThrow('the client has gone');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when the folder can not be used, and goes on when it can', async () => {
    writeFileSync(join(root, 'below'), 'a file in its place');
    await expect(store.put(Buffer.from('x'), 1000)).rejects.toMatchObject({ code: 'jobs_unavailable' });
    rmSync(join(root, 'below'));
    expect(await store.get(await store.put(Buffer.from('x'), 1000))).toEqual(Buffer.from('x'));
  });
});

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../../common/clock.js';
import { minutes } from '../../common/duration.js';
import { WebServiceError } from '../../core/errors/web-service.error.js';
import { PayloadStore } from '../../core/jobs/payload-store.js';

/** A reference and the name of its file: when it goes, in milliseconds since 1970, and a random part. */
const REFERENCE = /^\d{13,15}-[0-9a-f-]{36}$/;
const PARTIAL = /^partial-[0-9a-f-]{36}$/;
/** How old a file must be that nobody seems to write any more. */
const PARTIAL_MAX_AGE_MS = minutes(60);

/** @publicApi */
export interface FileSystemPayloadStoreOptions {
  /** Made if it is not there; only its user may look into it. Machines that share their jobs share it, too. */
  readonly folder: string;
  /** How often files whose time is over are looked for. @default 60 000 */
  readonly sweepMs?: number;
}

/**
 * Bytes of jobs as files, each under a name that says when it goes. A file is there whole or not at all; only the user of the process may
 * read it. A reference that is not one of the store's own form never becomes a path.
 * @publicApi
 */
export class FileSystemPayloadStore extends PayloadStore {
  private readonly folder: string;
  private readonly sweepMs: number;
  private cancelSweep: () => void = () => undefined;
  private ready: Promise<void> | undefined;

  constructor(
    { folder, sweepMs = minutes(1) }: FileSystemPayloadStoreOptions,
    private readonly clock: Clock = systemClock,
  ) {
    super();
    this.folder = folder;
    this.sweepMs = sweepMs;
  }

  put(bytes: Uint8Array, keepMs: number): Promise<string> {
    return this.write([bytes], keepMs);
  }

  override putStream(chunks: AsyncIterable<Uint8Array>, keepMs: number): Promise<string> {
    return this.write(chunks, keepMs);
  }

  async get(reference: string): Promise<Buffer | undefined> {
    if (!this.isThere(reference)) return undefined;
    return readFile(join(this.folder, reference)).catch(unlessMissing);
  }

  override async open(reference: string): Promise<Readable | undefined> {
    if (!this.isThere(reference)) return undefined;
    const handle = await open(join(this.folder, reference)).catch(unlessMissing);
    return handle && createReadStream('', { fd: handle });
  }

  async delete(reference: string): Promise<void> {
    if (REFERENCE.test(reference)) await rm(join(this.folder, reference), { force: true });
  }

  override async close(): Promise<void> {
    this.cancelSweep();
  }

  /** Takes away what has had its time, and what crashed processes left half written. */
  async sweep(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []); // nothing there yet
    for (const name of names) {
      if (REFERENCE.test(name) ? !this.isThere(name) : PARTIAL.test(name) && (await this.isStale(name)))
        await rm(join(this.folder, name), { force: true }).catch(() => undefined); // another process may be at it, too
    }
  }

  private async write(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, keepMs: number): Promise<string> {
    const partial = join(this.folder, `partial-${randomUUID()}`);
    const reference = `${this.clock.now() + Math.ceil(keepMs)}-${randomUUID()}`;
    try {
      await (this.ready ??= this.prepare());
      const handle = await open(partial, 'wx', 0o600);
      try {
        for await (const chunk of chunks) await handle.writeFile(chunk);
      } finally {
        await handle.close();
      }
      await rename(partial, join(this.folder, reference));
      return reference;
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined); // left to the sweep
      throw explained(error);
    }
  }

  private async prepare(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.ready = undefined; // the next one tries anew
      throw error;
    }
    this.scheduleSweep();
  }

  private scheduleSweep(): void {
    this.cancelSweep = this.clock.schedule(this.sweepMs, () => void this.sweep().then(() => this.scheduleSweep()));
  }

  private isThere(reference: string): boolean {
    return REFERENCE.test(reference) && Number(reference.split('-', 1)[0]) > this.clock.now();
  }

  private async isStale(name: string): Promise<boolean> {
    const facts = await stat(join(this.folder, name)).catch(unlessMissing);
    return facts !== undefined && this.clock.now() - facts.mtimeMs > PARTIAL_MAX_AGE_MS;
  }
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw explained(error);
}

function explained(error: unknown): unknown {
  if (typeof (error as NodeJS.ErrnoException | null)?.syscall !== 'string') return error; // of whoever gave the bytes
  return new WebServiceError('The folder for the bytes of jobs can not be used', { code: 'jobs_unavailable', cause: error });
}

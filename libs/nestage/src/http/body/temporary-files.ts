import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { WebServiceError } from '../../core/errors/web-service.error.js';
import type { TemporaryFile } from '../../core/protocol/body-format.js';
import { folderPrefix, sweepStaleFolders } from './stale-folders.js';

/**
 * Temporary files for bodies that are too large for memory, in a folder of this process that only its user may read. The folder is there
 * while a file is; what a process that crashed has left behind goes at the next start.
 * @internal
 */
@Injectable()
export class TemporaryFiles implements OnModuleInit, OnApplicationShutdown {
  private folder: string | undefined;
  private count = 0;
  private readonly removals = new Set<Promise<void>>();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedWebServiceOptions, 'temporaryFolder'>) {}

  onModuleInit(): Promise<void> {
    return sweepStaleFolders(this.options.temporaryFolder);
  }

  /** @throws WebServiceError `overloaded` when the disk is full or no file can be opened */
  async create(): Promise<StoredFile> {
    this.count++;
    try {
      if (!this.folder || !existsSync(this.folder)) this.folder = mkdtempSync(folderPrefix(this.options.temporaryFolder));
      const path = join(this.folder, randomUUID());
      const handle = await open(path, 'wx', 0o600);
      return new StoredFile(path, handle, (removal) => this.follow(removal));
    } catch (error) {
      this.release();
      throw explained(error);
    }
  }

  /** All files are closed and gone. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.removals);
  }

  private follow(removal: Promise<void>): void {
    const followed = removal.then(() => {
      this.removals.delete(followed);
      this.release();
    });
    this.removals.add(followed);
  }

  private release(): void {
    this.count--;
    if (this.count > 0 || !this.folder) return;
    try {
      rmdirSync(this.folder);
    } catch {
      // somebody has put a file there or taken the folder away: the next start looks after it
    }
    this.folder = undefined;
  }
}

/** @internal */
export class StoredFile implements TemporaryFile {
  private closing: Promise<void> | undefined;
  private isRemoved = false;

  constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly onRemove: (removal: Promise<void>) => void,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this.handle.writeFile(bytes); // from where the last one ended
    } catch (error) {
      throw explained(error);
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.handle.close()); // waits for a write in progress
  }

  /** Takes the file away, also from under whoever still writes it. */
  remove(): void {
    if (this.isRemoved) return;
    this.isRemoved = true;
    this.onRemove(this.drop());
  }

  private async drop(): Promise<void> {
    await this.close().catch(() => undefined); // a file that can't be closed is to go, too
    await rm(this.path, { force: true }).catch(() => undefined); // left to the next start
  }
}

/** Out of space or of file handles: a later request may find some. */
const EXHAUSTED: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);

function explained(error: unknown): unknown {
  if (!EXHAUSTED.has((error as NodeJS.ErrnoException | null)?.code)) return error;
  return new WebServiceError('No room for a temporary file', { code: 'overloaded', cause: error });
}

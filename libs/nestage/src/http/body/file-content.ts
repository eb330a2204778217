import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SystemError } from '../../core/errors/service-errors.js';
import type { BodyIntake, TemporaryFile } from '../../core/protocol/body-format.js';

/** Where the bytes of a file are. @internal */
export interface FileContent {
  bytes(): Promise<Buffer>;
  stream(): Readable;
}

/** @internal */
export class MemoryContent implements FileContent {
  constructor(private readonly buffer: Buffer) {}

  async bytes(): Promise<Buffer> {
    return this.buffer;
  }

  stream(): Readable {
    return Readable.from([this.buffer], { objectMode: false });
  }
}

/**
 * In a temporary file, until the request is over: streams that are still open then are ended, so that no file handle stays.
 * @internal
 */
export class DiskContent implements FileContent {
  private readonly open = new Set<Readable>();
  private loaded: Promise<Buffer> | undefined;
  private isGone = false;

  constructor(
    private readonly file: TemporaryFile,
    private readonly size: number,
    private readonly intake: BodyIntake,
  ) {
    intake.onOver(() => this.end());
  }

  bytes(): Promise<Buffer> {
    this.loaded ??= this.load();
    return this.loaded;
  }

  stream(): Readable {
    this.assertThere();
    const stream = createReadStream(this.file.path);
    this.open.add(stream);
    stream.once('close', () => this.open.delete(stream));
    return stream;
  }

  private async load(): Promise<Buffer> {
    try {
      this.assertThere();
      const giveBack = this.intake.hold(this.size);
      return await readFile(this.file.path).catch((error: unknown) => {
        giveBack();
        throw this.isGone ? gone(error) : error;
      });
    } catch (error) {
      this.loaded = undefined; // another try may find room
      throw error;
    }
  }

  private assertThere(): void {
    if (this.isGone) throw gone();
  }

  private end(): void {
    this.isGone = true;
    this.loaded = undefined;
    for (const stream of this.open) {
      stream.on('error', () => undefined); // whoever reads on is told; without a reader it must not end the process
      stream.destroy(gone());
    }
  }
}

const gone = (cause?: unknown): SystemError => new SystemError('The uploaded file is gone: its request is over', { cause });

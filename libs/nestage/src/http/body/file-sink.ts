import type { BodyIntake, TemporaryFile } from '../../core/protocol/body-format.js';
import { DiskContent, type FileContent, MemoryContent } from './file-content.js';

/**
 * Takes the bytes of a file as they arrive: into memory, and beyond `memoryBytes` into a temporary file. What it holds is given back with
 * the request.
 * @internal
 */
export class FileSink {
  size = 0;
  private chunks: Buffer[] = [];
  private shares: (() => void)[] = [];
  private file: TemporaryFile | undefined;

  constructor(
    private readonly intake: BodyIntake,
    private readonly memoryBytes: number,
  ) {}

  /** @throws WebServiceError `overloaded` without memory or disk */
  async add(chunk: Buffer): Promise<void> {
    this.size += chunk.length;
    if (!this.file && this.size > this.memoryBytes) await this.moveToDisk();
    if (this.file) return this.file.append(chunk);
    this.shares.push(this.intake.hold(chunk.length));
    this.chunks.push(chunk);
  }

  async finish(): Promise<FileContent> {
    if (!this.file) return new MemoryContent(Buffer.concat(this.chunks, this.size)); // a copy: chunks are views of larger buffers
    await this.file.close();
    return new DiskContent(this.file, this.size, this.intake);
  }

  private async moveToDisk(): Promise<void> {
    this.file = await this.intake.createFile();
    const { chunks, shares } = this;
    this.chunks = [];
    this.shares = [];
    for (const chunk of chunks) await this.file.append(chunk);
    for (const giveBack of shares) giveBack();
  }
}

import type { LineBlock, LineRecord } from '../log-lines.js';

/** Lines that are written together, and how far the disk has come with them. @internal */
export class LogChunk {
  readonly bytes: Buffer;
  written = 0;
  /** Whether the system has been asked to write them. */
  isDispatched = false;

  /** @param torn end of a line whose beginning is in the file already, or nothing */
  constructor(
    private readonly torn: Buffer,
    private readonly blocks: readonly LineBlock[],
  ) {
    const isWhole = torn.length === 0 && blocks.length === 1;
    this.bytes = isWhole ? blocks[0].bytes : Buffer.concat([torn, ...blocks.map(({ bytes }) => bytes)]);
  }

  /** Lines in it. */
  get count(): number {
    return this.blocks.reduce((sum, { count }) => sum + count, 0);
  }

  get records(): readonly LineRecord[] {
    return this.blocks.flatMap(({ records }) => records);
  }

  get isWritten(): boolean {
    return this.written >= this.bytes.length;
  }

  /** What a failed write leaves: the end of the line that was torn, which belongs into the file first, and the lines after it. */
  leftOver(): { torn: Buffer; lost: readonly LineRecord[] } {
    const { records } = this;
    if (this.written < this.torn.length) return { torn: this.torn.subarray(this.written), lost: records };
    let end = this.torn.length;
    for (const [index, { line }] of records.entries()) {
      const start = end;
      end += Buffer.byteLength(line) + 1;
      if (this.written === start) return { torn: Buffer.alloc(0), lost: records.slice(index) };
      if (this.written < end) return { torn: this.bytes.subarray(this.written, end), lost: records.slice(index + 1) };
    }
    return { torn: Buffer.alloc(0), lost: [] };
  }
}

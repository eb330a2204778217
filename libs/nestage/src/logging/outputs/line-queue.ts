import { LineBlock, type LineRecord } from '../log-lines.js';

/** Lines that wait for the disk, up to so many bytes. @internal */
export class LineQueue {
  private blocks: LineBlock[] = [];
  private length = 0;

  constructor(private readonly maxLength: number) {}

  get isEmpty(): boolean {
    return this.blocks.length === 0;
  }

  /** Whether there is room again for a while. */
  get isCalm(): boolean {
    return this.length <= this.maxLength / 2;
  }

  /** @returns the lines that there was no room for */
  add(block: LineBlock): readonly LineRecord[] {
    if (this.length + block.bytes.length <= this.maxLength) {
      this.push(block);
      return [];
    }
    const { records } = block;
    let room = this.maxLength - this.length;
    let count = 0;
    while (count < records.length && (room -= Buffer.byteLength(records[count].line) + 1) >= 0) count++;
    if (count > 0) this.push(LineBlock.of(records.slice(0, count)));
    return records.slice(count);
  }

  /** The first blocks, at least one and of about `maxLength` bytes; all without it. */
  take(maxLength = Number.POSITIVE_INFINITY): readonly LineBlock[] {
    let count = 0;
    let length = 0;
    while (count < this.blocks.length && length < maxLength) length += this.blocks[count++].bytes.length;
    this.length -= length;
    return this.blocks.splice(0, count);
  }

  private push(block: LineBlock): void {
    this.blocks.push(block);
    this.length += block.bytes.length;
  }
}

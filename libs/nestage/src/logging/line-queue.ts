import type { LineRecord } from './log-chunk.js';

/** Lines that wait for the disk, up to so many characters. @internal */
export class LineQueue {
  private records: LineRecord[] = [];
  private length = 0;

  constructor(private readonly maxLength: number) {}

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  /** Whether there is room again for a while. */
  get isCalm(): boolean {
    return this.length <= this.maxLength / 2;
  }

  /** @returns false when the queue is full */
  add(record: LineRecord): boolean {
    if (this.length + record.line.length > this.maxLength) return false;
    this.records.push(record);
    this.length += record.line.length;
    return true;
  }

  /** The first lines, at least one and of about `maxLength` characters; all without it. */
  take(maxLength = Number.POSITIVE_INFINITY): readonly LineRecord[] {
    let count = 0;
    let length = 0;
    while (count < this.records.length && length < maxLength) length += this.records[count++].line.length;
    const taken = this.records.slice(0, count);
    this.records = this.records.slice(count);
    this.length -= length;
    return taken;
  }
}

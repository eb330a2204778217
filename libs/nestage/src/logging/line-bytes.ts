import { kilobytes } from '../common/size.js';

/** Texts are made into bytes so many characters at a time: one call for many lines, while they are still in the processor's cache. */
const PIECE_LENGTH = kilobytes(16);
/** Memory is taken so much at a time, for several batches; what is much larger goes back to the system each time, and each page costs. */
const SLAB_LENGTH = kilobytes(256);

/**
 * Makes lines into bytes as they come. The bytes that it has given are never written to again, so that they may wait for a slow disk.
 * @internal
 */
export class LineBytes {
  private lines: string[] = [];
  /** Characters of them, line ends included. */
  private linesLength = 0;
  private slab = Buffer.alloc(0);
  /** Where in the slab the bytes are that have not been given yet. */
  private start = 0;
  private end = 0;

  /** Of all lines since the last `take()`: characters of those that came last, bytes of the others. */
  get length(): number {
    return this.end - this.start + this.linesLength;
  }

  /** @param line without its end */
  add(line: string): void {
    this.lines.push(line);
    this.linesLength += line.length + 1;
    if (this.linesLength >= PIECE_LENGTH) this.encode();
  }

  /** Gives the bytes of all lines since the last time. */
  take(): Buffer {
    this.encode();
    const bytes = this.slab.subarray(this.start, this.end);
    const isRoomForAnother = this.slab.length - this.end >= bytes.length;
    if (!isRoomForAnother) this.end = this.slab.length; // begun here, it would have to be copied
    this.start = this.end;
    return bytes;
  }

  private encode(): void {
    if (this.lines.length === 0) return;
    this.lines.push(''); // whose beginning is the end of the last one
    const text = this.lines.join('\n'); // a text that grew line by line would have to be walked through for its bytes
    const length = Buffer.byteLength(text);
    if (this.end + length > this.slab.length) this.renew(length);
    const isAscii = length === text.length;
    this.end += this.slab.write(text, this.end, length, isAscii ? 'latin1' : 'utf8');
    this.lines = [];
    this.linesLength = 0;
  }

  /** Goes on in a new slab, with room for so many further bytes. */
  private renew(length: number): void {
    const begun = this.slab.subarray(this.start, this.end);
    this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_LENGTH, 2 * (begun.length + length)));
    begun.copy(this.slab);
    this.start = 0;
    this.end = begun.length;
  }
}

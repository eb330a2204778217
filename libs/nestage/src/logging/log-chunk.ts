import type { LogLevel } from '../core/log/log-writer.js';

/** One line on its way to a file. @internal */
export interface LineRecord {
  /** The line without its end. */
  readonly line: string;
  /** Whether the line is in another file too, so that nothing is lost when this one can't take it. */
  readonly isCopy: boolean;
}

/** One line on its way out. @internal */
export interface LogLine extends LineRecord {
  readonly level: LogLevel;
}

/** The bytes of several lines, each with its end. @internal */
export function bytesOf(records: readonly LineRecord[]): Buffer {
  let text = '';
  for (const { line } of records) text += `${line}\n`;
  return Buffer.from(text);
}

/** Lines of one turn of the event loop. Their bytes are made once, for whoever writes them as they are. @internal */
export class LogLines {
  private encoded: Buffer | undefined;

  constructor(readonly all: readonly LogLine[]) {}

  get bytes(): Buffer {
    return (this.encoded ??= bytesOf(this.all));
  }
}

/**
 * Lines that are written together, and how far the disk has come with them. What is in their bytes is not held besides: texts that live as
 * long as the disk takes would be copied by each garbage collection meanwhile.
 * @internal
 */
export class LogChunk {
  readonly bytes: Buffer;
  /** Lines in it. */
  readonly count: number;
  written = 0;
  /** Whether the system has been asked to write them. */
  isDispatched = false;
  private readonly kept: readonly LineRecord[] | undefined;

  /**
   * @param torn end of a line whose beginning is in the file already, or nothing
   * @param bytes those of the records
   */
  constructor(
    private readonly torn: Buffer,
    records: readonly LineRecord[],
    bytes = bytesOf(records),
  ) {
    this.bytes = torn.length === 0 ? bytes : Buffer.concat([torn, bytes]);
    this.count = records.length;
    this.kept = records.some(({ isCopy }) => isCopy) ? records : undefined;
  }

  get records(): readonly LineRecord[] {
    return this.kept ?? linesIn(this.bytes.subarray(this.torn.length));
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

/** No line holds a line break: they are escaped. */
function linesIn(bytes: Buffer): LineRecord[] {
  const lines = bytes.toString().split('\n');
  return lines.slice(0, -1).map((line) => ({ line, isCopy: false }));
}

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

/** Lines of one turn of the event loop. Their bytes are made once, for whoever writes them as they are. @internal */
export class LogLines {
  private encoded: Buffer | undefined;

  constructor(readonly all: readonly LogLine[]) {}

  get bytes(): Buffer {
    return (this.encoded ??= bytesOf(this.all));
  }
}

/**
 * Lines that wait for the disk, as bytes: texts that live as long as that takes would be copied by each garbage collection meanwhile.
 * @internal
 */
export class LineBlock {
  /** Lines in it. */
  readonly count: number;
  private readonly kept: readonly LineRecord[] | undefined;

  /** @param bytes those of the records */
  constructor(
    records: readonly LineRecord[],
    readonly bytes = bytesOf(records),
  ) {
    this.count = records.length;
    this.kept = records.some(({ isCopy }) => isCopy) ? records : undefined;
  }

  get records(): readonly LineRecord[] {
    return this.kept ?? linesIn(this.bytes);
  }
}

function bytesOf(records: readonly LineRecord[]): Buffer {
  let text = '';
  for (const { line } of records) text += `${line}\n`;
  return Buffer.from(text);
}

/** No line holds a line break: they are escaped. */
function linesIn(bytes: Buffer): LineRecord[] {
  const lines = bytes.toString().split('\n');
  return lines.slice(0, -1).map((line) => ({ line, isCopy: false }));
}

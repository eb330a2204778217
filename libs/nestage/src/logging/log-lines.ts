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

/** So many lines of one level that follow each other. @internal */
export interface LevelRun {
  readonly level: LogLevel;
  readonly count: number;
}

/** Whether lines of this level are nothing to worry about. @internal */
export const isMinor = (level: LogLevel): boolean => level === 'INFO' || level === 'DEBUG';

/** Lines that go on together, as bytes. Nearly always nobody looks at one of them alone. @internal */
export class LogLines {
  /**
   * @param bytes each line with its end
   * @param runs the levels of the lines, in their order
   */
  constructor(
    readonly bytes: Buffer,
    private readonly runs: readonly LevelRun[],
  ) {}

  get count(): number {
    return this.runs.reduce((sum, { count }) => sum + count, 0);
  }

  /** Whether none of them is of WARNING or above. */
  get isMinor(): boolean {
    return this.runs.every(({ level }) => isMinor(level));
  }

  /** One by one. */
  get all(): readonly LogLine[] {
    const texts = textsIn(this.bytes).values();
    return this.runs.flatMap(({ level, count }) =>
      Array.from({ length: count }, () => ({ level, line: texts.next().value ?? '', isCopy: false })),
    );
  }
}

/**
 * Lines that wait for the disk, as bytes: texts that live as long as that takes would be copied by each garbage collection meanwhile.
 * @internal
 */
export class LineBlock {
  /**
   * @param bytes each line with its end
   * @param count lines in it
   * @param kept the lines one by one, where they tell more than their bytes
   */
  constructor(
    readonly bytes: Buffer,
    readonly count: number,
    private readonly kept?: readonly LineRecord[],
  ) {}

  static of(records: readonly LineRecord[]): LineBlock {
    const bytes = Buffer.from(records.map(({ line }) => `${line}\n`).join(''));
    return new LineBlock(bytes, records.length, records.some(({ isCopy }) => isCopy) ? records : undefined);
  }

  get records(): readonly LineRecord[] {
    return this.kept ?? textsIn(this.bytes).map((line) => ({ line, isCopy: false }));
  }
}

/** No line holds a line break: they are escaped. */
function textsIn(bytes: Buffer): string[] {
  return bytes.toString().split('\n').slice(0, -1);
}

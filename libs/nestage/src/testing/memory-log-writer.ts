import { currentLogId } from '../core/context/context-storage.js';
import { type LogLevel, LogWriter } from '../core/log/log-writer.js';

/** One record as it was written. @publicApi */
export interface MemoryLogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly logId: string;
}

/** Keeps log records in memory, for tests to look at: provide it in place of `LogWriter`. @publicApi */
export class MemoryLogWriter extends LogWriter {
  readonly records: MemoryLogRecord[] = [];

  isEnabled(): boolean {
    return true;
  }

  write(level: LogLevel, message: string, logId = currentLogId() ?? 'default'): void {
    this.records.push({ level, message, logId });
  }

  async flush(): Promise<void> {
    // nothing waits
  }

  /** Messages of one request, in order. */
  of(logId: string): string[] {
    return this.records.filter((record) => record.logId === logId).map(({ message }) => message);
  }

  /** Messages of all records, in order. */
  get messages(): string[] {
    return this.records.map(({ message }) => message);
  }
}

import { type LogLevel, LogWriter } from '../../core/log/log-writer.js';
import type { FromWorker } from '../wire/messages.js';

/** Sends lines to the main thread, which writes them. @internal */
export class ThreadLogWriter extends LogWriter {
  constructor(
    private readonly levels: readonly LogLevel[],
    private readonly send: (message: FromWorker) => void,
  ) {
    super();
  }

  isEnabled(level: LogLevel): boolean {
    return this.levels.includes(level);
  }

  write(level: LogLevel, message: string, logId?: string): void {
    this.send({ type: 'log', level, message, logId });
  }

  async flush(): Promise<void> {
    // what is sent has left
  }
}

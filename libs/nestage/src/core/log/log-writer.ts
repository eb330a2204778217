/** Levels of a log line, from the least to the most severe. @publicApi */
export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'FATAL'] as const;

/** @see LOG_LEVELS @publicApi */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Where log lines go. The logging room provides it; a service that wants another sink provides its own under this token.
 * Writing never throws and never waits.
 * @publicApi
 */
export abstract class LogWriter {
  /** Whether lines of this level are kept at all; ask before an expensive message is built. */
  abstract isEnabled(level: LogLevel): boolean;

  /**
   * Writes one record as one line; CR, LF and control characters in the message are escaped.
   * @param logId the request's log id; by default that of the current request, or `default` outside of any
   */
  abstract write(level: LogLevel, message: string, logId?: string): void;

  /**
   * Writes a message of the service's own that holds no secret and no control character, so that a writer need not look for them. By
   * default as any other.
   */
  writePlain(level: LogLevel, message: string, logId?: string): void {
    this.write(level, message, logId);
  }

  /** Lines that could be written nowhere, since the start; a writer of your own may tell its number. */
  get droppedLines(): number {
    return 0;
  }

  /** Resolves when every line written so far has left the process, or is counted as dropped. */
  abstract flush(): Promise<void>;

  /** Writes what waits without the event loop, for the last moment of a process. Nothing by default. */
  flushSync(): void {
    // a sink that writes at once has nothing waiting
  }

  /** Flushes, and lets go of files and streams. A later line is not lost, it opens them anew. */
  async close(): Promise<void> {
    await this.flush();
  }
}

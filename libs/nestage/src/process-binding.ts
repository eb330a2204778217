import type { INestApplication } from '@nestjs/common';
import type { LogWriter } from './core/log/log-writer.js';
import type { WebService } from './web-service.js';

/** @internal */
export interface ProcessBindingInit {
  readonly app: INestApplication;
  readonly service: WebService;
  readonly log: LogWriter;
  readonly shutdownGraceMs: number;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** How long closing may take beyond the grace before the process ends all the same. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * Ties a service to its process: signals drain it, what nobody caught ends it, and the log is whole in either case.
 * The only place that ends the process.
 * @internal
 */
export function bindProcess({ app, service, log, shutdownGraceMs }: ProcessBindingInit): {
  readonly end: (error: unknown) => Promise<never>;
} {
  let isEnding = false;

  const exit = async (code: number): Promise<never> => {
    await log.flush();
    process.exit(code);
  };

  const shutDown = async (signal: string): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    log.write('INFO', `Got ${signal}, shutting down`);
    const limit = setTimeout(() => {
      log.write('ERROR', `Shutdown took longer than ${shutdownGraceMs + CLOSE_LIMIT_MS} ms: ending the process`);
      void exit(1);
    }, shutdownGraceMs + CLOSE_LIMIT_MS);
    await service.drain(shutdownGraceMs);
    await app.close();
    clearTimeout(limit);
    await exit(0);
  };

  const end = async (error: unknown): Promise<never> => {
    isEnding = true;
    log.write('FATAL', `Web service can not start: ${messageOf(error)}`);
    await app.close().catch(() => undefined); // the start has failed already; this only releases what it holds
    return exit(1);
  };

  const die = (origin: string, error: unknown): void => {
    log.write('FATAL', `${origin}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (isEnding) return;
    isEnding = true;
    void exit(1);
  };

  for (const signal of SIGNALS) process.on(signal, () => void shutDown(signal).catch((error: unknown) => die('Shutdown failed', error)));
  process.on('uncaughtException', (error) => die('Uncaught exception', error));
  process.on('unhandledRejection', (reason) => die('Unhandled rejection', reason));
  return { end };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

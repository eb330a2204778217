import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { LogWriter } from './core/log/log-writer.js';
import { WorkerLink } from './processes/worker-link.js';
import type { ProcessGroup } from './core/processes/process-group.js';
import { retireServer } from './http/server/retire-server.js';
import type { FatalWatch } from './resilience/fatal-watch.js';
import { tellStartFault } from './start-fault-report.js';
import { openStartLog } from './start-log.js';
import type { WebService } from './web-service.js';

/** @internal */
export interface ProcessBindingInit {
  readonly app: INestApplication;
  readonly service: WebService;
  readonly log: LogWriter;
  readonly fatal: FatalWatch;
  readonly group: ProcessGroup;
  readonly shutdownGraceMs: number;
}

/** A process whose ends are the service's. @internal */
export interface ProcessBinding {
  /** Tells why the service can not start, closes what it has opened, and ends the process. */
  readonly end: (error: unknown) => Promise<never>;
}

/** What a start has come to when it fails. @internal */
export interface StartProgress {
  /** The app's modules, as soon as they are known; what is in them need not be complete. */
  modules?: ModulesContainer;
  binding?: ProcessBinding;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** How long closing may take beyond the grace before the process ends all the same. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * Ties a service to its process: signals and fatal errors drain it, what nobody caught ends it, and the log is whole in either case.
 * The only place that ends the process.
 * @internal
 */
export function bindProcess({ app, service, log, fatal, group, shutdownGraceMs }: ProcessBindingInit): ProcessBinding {
  let isEnding = false;

  const exit = async (code: number): Promise<never> => {
    if (group instanceof WorkerLink) await group.leave();
    await log.flush();
    process.exit(code);
  };

  /** Requests end before anything that they may use is closed. Closing asks code of others, which may hang: the process ends all the same. */
  const close = async (graceMs = shutdownGraceMs): Promise<void> => {
    const limitMs = graceMs + CLOSE_LIMIT_MS;
    const limit = setTimeout(() => {
      log.write('ERROR', `Shutdown took longer than ${limitMs} ms: ending the process`);
      void exit(1);
    }, limitMs);
    await service.drain(graceMs);
    await app.close().finally(() => clearTimeout(limit));
  };

  const shutDown = async (reason: string, code: number, graceMs?: number): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    log.write('INFO', `${reason}, shutting down`);
    await close(graceMs);
    await exit(code);
  };

  const end = async (error: unknown): Promise<never> => {
    if (isEnding) return new Promise<never>(() => undefined); // the shutdown broke the start off, and ends the process itself
    isEnding = true;
    tellStartFault(log, error);
    await close().catch(() => undefined); // the start has failed already; this only releases what it holds
    return exit(1);
  };

  const die = (origin: string, error: unknown): void => {
    log.write('FATAL', `${origin}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (isEnding) return;
    isEnding = true;
    void exit(1);
  };

  const failed = (error: unknown): Promise<never> => {
    die('Shutdown failed', error);
    return exit(1);
  };

  const begin = (reason: string, code: number): void => void shutDown(reason, code).catch(failed);

  /** Others go on serving the port: clients are let go without a refusal, and only then the service ends. */
  const retire = async (reason: string, code: number): Promise<void> => {
    const startedAt = performance.now();
    log.write('INFO', `${reason}, letting clients go`);
    await retireServer(app.getHttpServer() as Server, shutdownGraceMs);
    await shutDown(reason, code, Math.max(0, shutdownGraceMs - (performance.now() - startedAt)));
  };
  const beginRetiring = (reason: string, code: number): void => void retire(reason, code).catch(failed);

  if (group instanceof WorkerLink) {
    group.start({
      shutdownGraceMs,
      retire: () => beginRetiring('Another process takes this place', 0),
      log: (level, text) => log.write(level, text),
    });
    process.on('SIGUSR2', () => undefined); // means the supervisor, also when it is sent to all
  }
  for (const signal of SIGNALS) process.on(signal, () => begin(`Got ${signal}`, 0));
  fatal.onExit(() => (group.isShared ? beginRetiring : begin)('After a fatal error', 1));
  process.on('exit', () => log.flushSync()); // also when the app's own code ends the process
  process.on('uncaughtException', (error) => die('Uncaught exception', error));
  process.on('unhandledRejection', (reason) => die('Unhandled rejection', reason));
  return { end };
}

/**
 * Ends a process whose service can not start, with code 1 after one line that says why.
 * @internal
 */
export async function endStart(error: unknown, { binding, modules }: StartProgress): Promise<never> {
  if (binding) return binding.end(error);
  const log = await openStartLog(modules, error);
  tellStartFault(log, error);
  await log.flush();
  return process.exit(1); // nothing but the process itself can close an app that is half made
}

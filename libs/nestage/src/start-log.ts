import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { LogWriter } from './core/log/log-writer.js';
import { ResourceMonitor, type ResourceUsage } from './core/resources/resource-usage.js';
import { readLogFile } from './environment.js';
import { resolveLoggingOptions } from './logging/logging.options.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { ServiceLogWriter } from './logging/service-log-writer.js';

/**
 * The log for a fault that came while the app was made: the app's own where there is one, else the console, and the file that the
 * environment names. Gets the lines that Nest has kept back meanwhile.
 * @param fault Nest's own telling of it is left out
 * @internal
 */
export async function openStartLog(modules: ModulesContainer | undefined, fault: unknown): Promise<LogWriter> {
  await new Promise(setImmediate); // Nest makes providers side by side: the log may be about to come
  const log = ownLog(modules) ?? makeshiftLog();
  Logger.overrideLogger(new BridgeWithout(fault, log));
  Logger.flush();
  return log;
}

function ownLog(modules: ModulesContainer | undefined): LogWriter | undefined {
  const instances = [...(modules?.values() ?? [])].map(({ providers }) => providers.get(LogWriter)?.instance);
  return instances.find((instance) => instance instanceof LogWriter);
}

function makeshiftLog(): LogWriter {
  const open = (file: string | false): LogWriter => new ServiceLogWriter(resolveLoggingOptions({ file }, 'LOG_FILE'), new NoMonitor());
  try {
    return open(readLogFile() ?? false);
  } catch {
    return open(false); // that no log can be there may be the very fault
  }
}

class NoMonitor extends ResourceMonitor {
  override readonly usage: ResourceUsage = { cpu: 0, memory: 0, gpu: 0 };
}

class BridgeWithout extends NestLogBridge {
  constructor(
    private readonly fault: unknown,
    log: LogWriter,
  ) {
    super(log);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (message !== this.fault) super.error(message, ...rest);
  }
}

import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import {
  availableCpus,
  FatalError,
  LogWriter,
  type StageContext,
  StageHandler,
  StageModel,
  type StartOptions,
  startWebService,
  SystemError,
  WebServiceModule,
  type WebServiceOptions,
} from 'nestage';

/** What workers.e2e-spec.ts asks of this process. */
export interface ChildSettings {
  readonly start?: StartOptions;
  readonly root?: WebServiceOptions;
  /** What is wrong with the model: from the start, or in each process that is started while the file of `FAULT_FILE` is there. */
  readonly model?: 'fails' | 'never loads';
}

const { start, root, model }: ChildSettings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;

@StageModel()
class ChildModel {
  async initialize(): Promise<void> {
    const { FAULT_FILE } = process.env;
    if (model === 'fails' || (FAULT_FILE && existsSync(FAULT_FILE))) throw new Error('weights.bin has 0 bytes');
    if (model === 'never loads') await new Promise<void>(() => undefined);
  }
}

/** Tells which process serves, after a while. */
@StageHandler('/work', { request: false })
class WorkHandler {
  constructor(readonly childModel: ChildModel) {}

  async run({ ms = 0 }: { ms?: number }, { signal, logger, logId }: StageContext): Promise<object> {
    if (ms > 0) {
      logger.info('work begins');
      await sleep(ms, undefined, { signal }).catch(() => Promise.reject(signal.reason as Error));
    }
    return { pid: process.pid, logId, cpus: availableCpus() };
  }
}

/** Keeps the event loop of its process busy, at most until a file is there. */
@StageHandler('/spin', { request: false })
class SpinHandler {
  run({ ms, file = '' }: { ms: number; file?: string }): object {
    const until = Date.now() + ms;
    while (Date.now() < until && !existsSync(file));
    return { pid: process.pid };
  }
}

@StageHandler('/fault', { request: false })
class FaultHandler {
  run({ kind }: { kind: 'error' | 'exit' | 'fatal' }): object {
    if (kind === 'exit') process.exit(7);
    if (kind === 'fatal') throw new FatalError('the device is lost');
    throw new SystemError('the disk is gone');
  }
}

/** Writes lines of its own into the log. */
@StageHandler('/lines', { request: false })
class LinesHandler {
  constructor(private readonly log: LogWriter) {}

  async run({ from, count }: { from: number; count: number }): Promise<object> {
    for (let number = from; number < from + count; number++) {
      this.log.write('INFO', `line ${number} of ${process.pid} ${'x'.repeat(number % 200)} end`);
      if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return { pid: process.pid };
  }
}

@Module({ imports: [WebServiceModule.forRoot(root)], providers: [ChildModel, WorkHandler, SpinHandler, FaultHandler, LinesHandler] })
class ChildModule {}

// Once in the supervisor, the system makes no process any more, as where memory or processes have run out; twice, it does again.
if (cluster.isPrimary) {
  process.on('SIGHUP', () => {
    const { TOO_LONG: isOn, ...environment } = process.env;
    process.env = isOn ? environment : { ...environment, TOO_LONG: 'x'.repeat(300_000) };
  });
}

await startWebService(ChildModule, start);

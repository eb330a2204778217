import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  LogWriter,
  type StageContext,
  StageHandler,
  StageModel,
  type StartOptions,
  startWebService,
  WebServiceModule,
  type WebServiceOptions,
} from 'nestage';
import { DashboardModule } from 'nestage/dashboard';

/** What process.e2e-spec.ts asks of this process. */
export interface ChildSettings {
  readonly start?: StartOptions;
  readonly root?: WebServiceOptions;
  readonly model?: 'fails' | 'never loads' | 'fails to close' | 'never closes';
  /** An ordinary Nest app, which is closed after one request. */
  readonly isPlain?: boolean;
  readonly hasDashboard?: boolean;
  /** Global prefix, with one path that is not below it. */
  readonly prefix?: { readonly path: string; readonly exclude: string };
}

const { start, root, model, isPlain, hasDashboard, prefix }: ChildSettings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;
const LAST_LINES = 2000;

@StageModel()
class ChildModel {
  constructor(private readonly log: LogWriter) {}

  initialize(): void | Promise<void> {
    if (model === 'fails') throw new Error('weights.bin has 0 bytes');
    if (model === 'never loads') return new Promise<void>(() => {});
  }
  onModuleDestroy(): void | Promise<void> {
    if (model === 'fails to close') throw new Error('the device is busy');
    if (model === 'never closes') return new Promise<void>(() => {});
  }
  dispose(): void {
    for (let number = 0; number < LAST_LINES; number++) this.log.write('INFO', `last line ${number}`);
  }
}

@StageHandler('/work', { request: false })
class WorkHandler {
  constructor(
    readonly childModel: ChildModel,
    private readonly log: LogWriter,
  ) {}

  /** Lasts until a file is there, if it is given one. */
  async run({ file }: { file?: string }, { signal, logger }: StageContext): Promise<object> {
    logger.info('work begins');
    while (file !== undefined && !existsSync(file)) {
      await sleep(20, undefined, { signal }).catch(() => Promise.reject(signal.reason as Error));
    }
    return { isDone: true };
  }
  dispose(): void {
    this.log.write('INFO', 'handler is disposed');
  }
}

@StageHandler('/fault', { request: false })
class FaultHandler {
  async run({ kind }: { kind: string }): Promise<object> {
    if (kind === 'uncaught') setImmediate(throwUncaught);
    else if (kind === 'rejection') void Promise.reject(new RangeError('nobody awaits this'));
    else if (kind === 'text') void Promise.reject('just a text'); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- what others' code may do
    return { kind };
  }
}

function throwUncaught(): never {
  throw new TypeError('nobody catches this');
}

const imports = [WebServiceModule.forRoot(root), ...(hasDashboard ? [DashboardModule.forRoot()] : [])];

@Module({ imports, providers: [ChildModel, WorkHandler, FaultHandler] })
class ChildModule {}

if (isPlain) await runPlain();
else {
  const configure: StartOptions['configure'] = (app) => void (prefix && app.setGlobalPrefix(prefix.path, { exclude: [prefix.exclude] }));
  await startWebService(ChildModule, { ...start, configure });
}

async function runPlain(): Promise<void> {
  const app = await NestFactory.create(ChildModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const reply = await fetch(`${await app.getUrl()}/work`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{}',
  });
  process.stdout.write(`answered ${reply.status} ${await reply.text()}\n`);
  await app.close();
  process.stdout.write('closed\n');
}

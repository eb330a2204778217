import cluster from 'node:cluster';
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LogWriter } from './core/log/log-writer.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from './core/options/web-service.options.js';
import { ProcessGroup } from './core/processes/process-group.js';
import { workerBirth } from './core/processes/worker-birth.js';
import { readEnvironment } from './environment.js';
import { exposureWarning } from './exposure-warning.js';
import { createAdapter } from './http/create-adapter.js';
import { ManagementListener } from './http/builtin/management-listener.js';
import { hardenServer } from './http/server/harden-server.js';
import { listenFault } from './http/server/listen-fault.js';
import { ServiceRoutes } from './http/service-routes.js';
import { GateChecks } from './http/gate/gate-checks.js';
import { listeningLine, type ListeningLineInit } from './listening-line.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { superviseWorkers } from './primary-binding.js';
import { bindProcess, endStart, type StartProgress } from './process-binding.js';
import { WorkerLink } from './processes/worker-link.js';
import { FatalWatch } from './resilience/fatal-watch.js';
import { InitializeFault } from './start-fault-report.js';
import { resolveStartOptions, type ResolvedStartOptions, type StartOptions } from './start-options.js';
import { serveApiDocument } from './api-document.js';
import { StartModule } from './start-module.js';
import { rootModuleOf, type RootModuleSource } from './start-root.js';
import { WebService } from './web-service.js';

/**
 * Creates the app, listens, initializes models and handlers, and resolves when requests are served. From then on the process belongs to
 * the service: SIGTERM and SIGINT drain it and end with code 0, an uncaught exception flushes the log and ends with code 1, and so does
 * a failed start (a bad option among them), or a failed `initialize` unless `onInitializeError` is 'degrade'. It never rejects: the log
 * says in one line why the service can not start.
 *
 * With `workers` this process becomes the supervisor of so many that run the same `main.ts`: there it never resolves, so that what
 * follows runs in the workers alone. SIGTERM drains them all, SIGUSR2 replaces them one by one.
 *
 * @param source the root module; or a function, async or not, that gives it: for one that depends on the environment or is only then
 * imported. It is called once in each process that serves, never in the supervisor, and what it throws is a failed start
 * @example
 * ```ts
 * await startWebService(AppModule);
 * await startWebService(() => AppModule.of(readSettings(process.env)));
 * ```
 * @publicApi
 */
export async function startWebService(source: RootModuleSource, options: StartOptions = {}): Promise<INestApplication> {
  const progress: StartProgress = {};
  try {
    return await start(source, options, progress);
  } catch (error) {
    return endStart(error, progress);
  }
}

async function start(source: RootModuleSource, options: StartOptions, progress: StartProgress): Promise<INestApplication> {
  const environment = readEnvironment();
  const resolved = resolveStartOptions(options, environment);
  if (resolved.workers.count > 1 && cluster.isPrimary) return superviseWorkers(resolved);
  const { host, docs, configure } = resolved;
  const port = workerBirth()?.port ?? resolved.port;
  const app = await create(source, resolved, progress);
  const service = app.get(WebService);
  const log = app.get(LogWriter);
  const group = app.get(ProcessGroup);
  const { shutdownGraceMs } = app.get<ResolvedWebServiceOptions>(RESOLVED_OPTIONS);
  progress.binding = bindProcess({ app, service, log, group, fatal: app.get(FatalWatch), shutdownGraceMs });
  await configure(app);
  const hasDocs = await serveApiDocument(app, docs);
  if (group instanceof WorkerLink && !group.birth.isFirst) {
    await app.init();
    await initialized(service); // others serve meanwhile: none of their requests is to come here
  }
  await listen(app, port, host);
  if (resolved.workers.count > 1 && !workerBirth()) log.write('WARNING', FOREIGN_CLUSTER);
  const warning = exposureWarning({ host, isKeyed: app.get(GateChecks).isIdentifying, environment });
  if (warning) log.write('WARNING', warning);
  log.write('INFO', listeningLine({ url: await app.getUrl(), docs: hasDocs && docs, ...served(app) }));
  await initialized(service);
  log.write('INFO', `Web service is ready on ${await app.getUrl()}`);
  if (group instanceof WorkerLink) group.ready(await app.getUrl());
  return app;
}

/** The app with its adapter, log and server in place. Nest keeps its lines back until it is known where they go. */
async function create(
  source: RootModuleSource,
  { adapter, trustProxy, takeOver, cors, ...limits }: ResolvedStartOptions,
  progress: StartProgress,
): Promise<INestApplication> {
  const { adapter: bound, attach } = await createAdapter(adapter, trustProxy);
  const root = StartModule.around(await rootModuleOf(source), { takeOver }, (modules) => (progress.modules = modules));
  const app = await NestFactory.create(root, bound, { bufferLogs: true, autoFlushLogs: false, abortOnError: false });
  if (app.get<ResolvedWebServiceOptions>(RESOLVED_OPTIONS).takeOver) app.useLogger(app.get(NestLogBridge));
  app.flushLogs();
  attach(app);
  const harden = (server: Server): void => hardenServer(server, { ...limits, log: app.get(LogWriter) });
  harden(app.getHttpServer() as Server);
  app.get(ManagementListener).harden = harden;
  if (cors) app.enableCors(cors);
  return app;
}

/** What the service brings along, and where. */
function served(app: INestApplication): Pick<ListeningLineInit, 'landmarks' | 'management'> {
  return { landmarks: app.get(ServiceRoutes).landmarks, management: app.get(ManagementListener).address };
}

function initialized(service: WebService): Promise<void> {
  return service.whenReady().catch((error: unknown) => {
    throw new InitializeFault(error);
  });
}

const FOREIGN_CLUSTER = '"workers" has no effect: this process is a worker of another program, such as pm2 in its cluster mode';

async function listen(app: INestApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const portSetting = 'PORT or startWebService(AppModule, { port })';
    throw listenFault(error, { host, port, portSetting, hostSetting: 'HOST or startWebService(AppModule, { host })' });
  }
}

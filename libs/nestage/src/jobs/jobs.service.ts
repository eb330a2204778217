import { Inject, Injectable, type Type } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { routeKey } from '../core/discovery/stage-route.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { JobEngine } from '../core/jobs/job-engine.js';
import type { PayloadStore } from '../core/jobs/payload-store.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { ProcessGroup } from '../core/processes/process-group.js';
import { ServiceStats } from '../http/builtin/service-stats.js';
import { BodyTaps } from '../http/body/body-taps.js';
import { Deferrals } from '../http/deferrals.js';
import { ServiceRoutes } from '../http/service-routes.js';
import { copyBody } from './handing-in/body-copies.js';
import { JobIntake } from './handing-in/job-intake.js';
import { readPreferences } from './handing-in/preferences.js';
import { InProcessJobEngine } from './in-process/in-process-job-engine.js';
import { JOB_HANDLER_CHECKS, resolveJobHandlerOptions } from './job-handler.options.js';
import { JobMetrics } from './job-metrics.js';
import type { ResolvedJobsOptions } from './jobs.options.js';
import { JOB_ROUTES, JOB_WEBHOOKS, JOBS_ENGINE, JOBS_STORE, RESOLVED_JOBS_OPTIONS } from './jobs.tokens.js';
import { FileSystemPayloadStore } from './payloads/file-system-payload-store.js';
import type { JobRoutes } from './routes/job-routes.js';
import { JobTransport } from './running/job-transport.js';
import type { JobWebhooks } from './webhook/job-webhooks.js';

/** How often a route whose handler is not ready yet is looked at. */
const READY_POLL_MS = 50;

/**
 * Puts the room into the service: takes requests in, and works on jobs once their handlers are ready.
 * @internal
 */
@Injectable()
export class JobsService {
  private cancelWaiting: () => void = () => undefined;

  constructor(
    @Inject(RESOLVED_JOBS_OPTIONS) private readonly options: ResolvedJobsOptions,
    @Inject(JOBS_ENGINE) private readonly engine: JobEngine,
    @Inject(JOBS_STORE) private readonly store: PayloadStore,
    @Inject(JOB_ROUTES) private readonly routes: JobRoutes | undefined,
    @Inject(JOB_WEBHOOKS) private readonly webhooks: JobWebhooks | undefined,
    @Inject(RESOLVED_OPTIONS) private readonly service: ResolvedWebServiceOptions,
    private readonly intake: JobIntake,
    private readonly transport: JobTransport,
    private readonly metrics: JobMetrics,
    private readonly serviceRoutes: ServiceRoutes,
    private readonly deferrals: Deferrals,
    private readonly taps: BodyTaps,
    private readonly runtime: StageRuntime,
    private readonly group: ProcessGroup,
    private readonly log: LogWriter,
    stats: ServiceStats,
    claims: OptionClaims,
  ) {
    claims.claim({ handler: JOB_HANDLER_CHECKS });
    stats.addPart('jobs', () => engine.backlog());
  }

  /** @param host the module that carries the routes */
  addRoutes(host: Type): void {
    if (this.routes) this.serviceRoutes.addBuiltIns(this.routes.routes(), host);
  }

  /** @throws StartFaultError where jobs of one process would be asked for in another */
  prepare(): void {
    if (this.isInProcess && this.group.isShared) {
      throw new StartFaultError([
        'JobsModule keeps its jobs in the memory of one process, and there are several: import QueueModule of nestage/queue, or run one process.',
      ]);
    }
    this.deferrals.use(this.intake);
    this.taps.use((request) => {
      if (readPreferences(request.context.headers, this.options.maxWaitMs) && resolveJobHandlerOptions(request.route.options))
        copyBody(request);
    });
  }

  begin(): void {
    const found = this.runtime.routes.filter(({ route }) => resolveJobHandlerOptions(route.options));
    for (const { route } of found) this.metrics.prepare(route.path);
    this.webhooks?.work();
    if (this.isInProcess) this.log.write('INFO', 'Jobs are kept in the memory of this process, and lost with it');
    this.beginReady(found);
  }

  async close(): Promise<void> {
    this.cancelWaiting();
    if (this.isInProcess) await this.closeEngine(this.engine as InProcessJobEngine);
    if (this.store instanceof FileSystemPayloadStore) await this.store.close();
  }

  private get isInProcess(): boolean {
    return this.engine instanceof InProcessJobEngine;
  }

  private async closeEngine(engine: InProcessJobEngine): Promise<void> {
    await engine.close(this.service.shutdownGraceMs);
    const { waiting, delayed } = await engine.backlog();
    if (waiting + delayed > 0) this.log.write('WARNING', `${waiting + delayed} jobs that had not ended are lost with this process`);
  }

  /** A handler that takes long to initialize, or is tried again, does not hold the others up. */
  private beginReady(found: readonly FoundRoute[]): void {
    const waiting = found.filter((each) => !this.beginOne(each));
    if (waiting.length > 0) this.cancelWaiting = systemClock.schedule(READY_POLL_MS, () => this.beginReady(waiting));
  }

  private beginOne(found: FoundRoute): boolean {
    const options = resolveJobHandlerOptions(found.route.options);
    if (!options || !this.runtime.isServing(found.route.handler)) return false;
    const scope = { kind: 'request', routes: [routeKey(found.route)], concurrency: options.concurrency } as const;
    this.engine.work(scope, (job, run) => this.transport.run(found, job, run));
    return true;
  }
}

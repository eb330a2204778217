import type { ModuleRef } from '@nestjs/core';
import { resolveBatchOptions } from '../../batching/batch.options.js';
import type { Clock } from '../../common/clock.js';
import type { TraceCarrier } from '../../core/context/trace-carrier.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { ErrorReporter } from '../../core/errors/error-reporter.js';
import { RequestError } from '../../core/errors/service-errors.js';
import type { HealthCheckResult } from '../../core/health/health-check.js';
import type { HealthService } from '../../core/health/health.service.js';
import type { StageRuntime } from '../../core/initialize/stage-runtime.js';
import type { JobEngine } from '../../core/jobs/job-engine.js';
import type { PayloadStore } from '../../core/jobs/payload-store.js';
import type { OptionClaims } from '../../core/options/option-claims.js';
import type { RemoteRun } from '../../core/pipeline/remote-run.js';
import type { StagePipelines } from '../../core/pipeline/stage-pipelines.js';
import type { StagePlugins } from '../../core/pipeline/stage-plugins.js';
import type { GateChecks } from '../../http/gate/gate-checks.js';
import type { ResolvedQueueOptions } from '../queue.options.js';
import type { RedisLink } from '../redis/redis-link.js';
import { writeFault } from '../redis/write-fault.js';
import { EXECUTION_CHECKS } from './execution.options.js';
import type { JobContexts } from './job-context.js';
import { QueuedRun } from './queued-run.js';
import { RunWorker } from './run-worker.js';
import { ValueCodec } from './value-codec.js';

/** @internal */
export interface QueuedRoutesInit {
  readonly options: ResolvedQueueOptions;
  /** Absent where there is no Redis: then routes are run here. */
  readonly redis: { readonly link: RedisLink; readonly engine: JobEngine; readonly payloads: PayloadStore } | undefined;
  readonly contexts: JobContexts;
  readonly plugins: StagePlugins;
  readonly pipelines: StagePipelines;
  readonly runtime: StageRuntime;
  readonly claims: OptionClaims;
  readonly traces: TraceCarrier;
  readonly errors: ErrorReporter;
  readonly health: HealthService;
  readonly gate: GateChecks;
  readonly moduleRef: ModuleRef;
  readonly clock: Clock;
}

const DEFAULT_CONCURRENCY = 8;

/** The routes with `execution: 'queue'`, as this process's role has them. @internal */
export class QueuedRoutes {
  private readonly codec: ValueCodec | undefined;
  private readonly remotes = new Map<StageRoute, RemoteRun>();

  constructor(private readonly init: QueuedRoutesInit) {
    const { claims, plugins, redis, gate, options } = init;
    claims.claim({ handler: EXECUTION_CHECKS });
    this.codec = redis && new ValueCodec({ payloads: redis.payloads, inlineBytes: options.inlineBytes });
    plugins.useRemote((route) => this.remoteOf(route));
    if (options.role === 'worker') gate.use({ isIdentifying: false, refusals: [], covers: (kind) => kind === 'stage', check: refuse });
  }

  /** Begins to work, each route when its model is ready, and joins the health report. */
  open(): void {
    const { redis, options, health, runtime } = this.init;
    if (!redis) return;
    health.add({ name: 'queue', critical: false, check: () => this.health(redis.link, redis.engine) });
    if (options.role === 'web' || !this.codec) return;
    const worker = new RunWorker({ ...this.init, engine: redis.engine, codec: this.codec });
    for (const found of runtime.routes.filter(({ route }) => isQueued(route))) {
      runtime.whenReady(found.type, () => worker.serve(found, this.concurrencyOf(found.route)));
    }
  }

  private remoteOf(route: StageRoute): RemoteRun | undefined {
    const { redis, traces, clock, options } = this.init;
    if (!redis || !this.codec || !isQueued(route)) return undefined;
    const known = this.remotes.get(route);
    if (known) return known;
    const init = { engine: redis.engine, codec: this.codec, traces, clock, tries: options.tries };
    const remote: RemoteRun = {
      isIdleHere: options.role === 'web',
      run: (input, context) => new QueuedRun(init, route, context).of(input),
    };
    this.remotes.set(route, remote);
    return remote;
  }

  /** As many as it can run; of a batched route, those in batches and as many that wait for the next. */
  private concurrencyOf({ options: { concurrency, batch } }: StageRoute): number {
    if (this.init.options.concurrency !== undefined) return this.init.options.concurrency;
    if (typeof concurrency === 'number') return concurrency;
    if (concurrency) return concurrency.max;
    if (!batch) return DEFAULT_CONCURRENCY;
    const { maxSize, maxConcurrent } = resolveBatchOptions(batch);
    return 2 * maxSize * maxConcurrent;
  }

  private async health(link: RedisLink, engine: JobEngine): Promise<HealthCheckResult> {
    const { role, prefix } = this.init.options;
    if (!link.isUp) return { status: 'unhealthy', reason: `Redis is away: ${link.fault ?? 'unknown'}` };
    const [reason, backlog] = await Promise.all([writeFault(link, `${prefix}:health`), engine.backlog()]);
    return { status: reason === undefined ? 'healthy' : 'unhealthy', ...(reason && { reason }), details: { role, ...backlog } };
  }
}

const isQueued = ({ options }: StageRoute): boolean => options.execution === 'queue';

async function refuse(): Promise<never> {
  throw new RequestError('This process is a worker and serves no requests', { code: 'not_found' });
}

import type { Clock } from '../common/clock.js';
import { contextStorage } from '../core/context/context-storage.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { routeLabel, type StageRoute } from '../core/discovery/stage-route.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { OptionClaims } from '../core/options/option-claims.js';
import type { AdmissionDefaults } from '../core/pipeline/admission-defaults.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import type { StageAround, StageMiddleware } from '../core/pipeline/stage-middleware.js';
import type { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageRunner } from '../core/pipeline/stage-runner.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import type { BatchItem } from './batch-item.js';
import { BATCH_CHECKS, resolveBatchOptions } from './batch.options.js';
import { Batcher } from './batcher.js';

/** @internal */
export interface BatchMiddlewareInit {
  readonly plugins: StagePlugins;
  readonly claims: OptionClaims;
  readonly admission: AdmissionDefaults;
  readonly runtime: StageRuntime;
  readonly events: StageEvents;
  readonly clock: Clock;
}

/**
 * Gathers inputs for `runBatch`. It stands inside retries, so that each input is tried again by itself.
 * @internal
 */
export class BatchMiddleware implements StageMiddleware {
  readonly slot = 'batch';

  constructor(private readonly init: BatchMiddlewareInit) {
    init.claims.claim({ handler: BATCH_CHECKS });
    init.admission.use((route) => inputsAtOnce(route));
    init.plugins.use(this);
  }

  /** @throws StartFaultError naming what can't be batched */
  onModuleInit(): void {
    const faults = this.init.runtime.routes.flatMap(({ route }) => faultsOf(route, this.init.plugins.localRunnerOf(route) !== undefined));
    if (faults.length > 0) throw new StartFaultError(faults);
  }

  attach(route: StageRoute): StageAround | undefined {
    if (!route.options.batch) return undefined;
    const { events, clock, plugins } = this.init;
    const runner = plugins.localRunnerOf(route);
    const handlers = new WeakMap<object, StageLifecycle>();
    const batcher = new Batcher({
      route,
      events,
      clock,
      options: resolveBatchOptions(route.options.batch),
      call: (items) => callHandler(runner ?? (handlers.get(items[0].context) as StageLifecycle), items),
    });
    return ({ input, context, handler }) => {
      handlers.set(context, handler);
      return batcher.add(input, context);
    };
  }
}

/** Lines that it logs belong to its request if it is one; of several, each has its own logger. */
async function callHandler(runner: Pick<StageLifecycle, 'runBatch'> | StageRunner, items: readonly BatchItem[]): Promise<unknown> {
  const call = (): unknown =>
    runner.runBatch?.(
      items.map(({ input }) => input),
      items.map(({ context }) => context),
    );
  return items.length === 1 ? contextStorage.run(items[0].context, call) : contextStorage.exit(call);
}

/** Those in batches and those that wait for one: with fewer let in, no batch would be full. */
function inputsAtOnce({ options }: StageRoute): number | undefined {
  if (!options.batch) return undefined;
  const { maxSize, maxConcurrent, queue } = resolveBatchOptions(options.batch);
  return maxSize * maxConcurrent + queue;
}

function faultsOf({ handler, path, protocol, options }: StageRoute, isRunElsewhere: boolean): string[] {
  if (!options.batch) return [];
  const label = routeLabel(handler, path);
  const { runBatch } = handler.prototype as { runBatch?: unknown };
  if (!isRunElsewhere && typeof runBatch !== 'function')
    return [`${label} has "batch" but no runBatch(): give the class a method runBatch(inputs, contexts).`];
  if (!isRunElsewhere && Object.prototype.toString.call(runBatch).includes('Generator'))
    return [`${label}: runBatch() is a generator, and streams can't be batched: let it give an array of results.`];
  if (protocol.run) return [`${label} has "batch", but its protocol runs each request by itself: take the option away.`];
  const { maxSize, queue } = resolveBatchOptions(options.batch);
  if (queue < maxSize)
    return [`${label}: "batch.queue" (${queue}) must be at least "batch.maxSize" (${maxSize}), or no batch could be full.`];
  return [];
}

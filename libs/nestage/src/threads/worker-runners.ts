import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { checkOptions } from '../common/option-checks.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import type { StageRunner } from '../core/pipeline/stage-runner.js';
import type { WorkerPool } from './worker-pool.js';
import { WorkerPools } from './worker-pools.js';
import { WORKER_CHECKS, type WorkerOptions } from './worker.options.js';

/** Runs the routes with the option `worker` in pools of threads. Routes that name the same file with the same options share one. @internal */
@Injectable()
export class WorkerRunners {
  private readonly made: { readonly options: WorkerOptions; readonly pool: WorkerPool }[] = [];
  private readonly runners = new Map<StageRoute, StageRunner>();

  constructor(
    private readonly pools: WorkerPools,
    plugins: StagePlugins,
    claims: OptionClaims,
  ) {
    claims.claim({ handler: WORKER_CHECKS });
    plugins.useRunner((route) => this.of(route));
  }

  private of(route: StageRoute): StageRunner | undefined {
    const { worker, batch } = route.options;
    if (worker === undefined) return undefined;
    const known = this.runners.get(route);
    if (known) return known;
    checkOptions({ worker }, WORKER_CHECKS, `@StageHandler('${route.path}') of ${route.handler.name}`);
    const runner = runnerOf(this.poolOf(worker instanceof URL ? { url: worker } : worker), batch !== undefined);
    this.runners.set(route, runner);
    return runner;
  }

  private poolOf(options: WorkerOptions): WorkerPool {
    const known = this.made.find((each) => isSame(each.options, options));
    if (known) return known.pool;
    const pool = this.pools.create(options);
    this.made.push({ options, pool });
    return pool;
  }
}

function runnerOf(pool: WorkerPool, isBatched: boolean): StageRunner {
  return {
    async initialize() {
      await pool.start();
      if (isBatched) pool.assertHas('runBatch');
    },
    dispose: () => pool.stop(),
    run: (input, context) => pool.run(input as never, { context }),
    runBatch: (inputs, contexts) => pool.runBatch(inputs, contexts),
  };
}

function isSame(first: WorkerOptions, second: WorkerOptions): boolean {
  return first.url.href === second.url.href && isDeepStrictEqual({ ...first, url: undefined }, { ...second, url: undefined });
}

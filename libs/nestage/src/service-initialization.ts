import type { Server } from 'node:http';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { systemClock } from './common/clock.js';
import type { Exploration } from './core/discovery/stage-explorer.js';
import { ErrorReporter } from './core/errors/error-reporter.js';
import { findIdleUnits } from './core/initialize/find-idle-units.js';
import { StageInitializer } from './core/initialize/stage-initializer.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { toStageUnits } from './core/initialize/stage-unit.js';
import { LogWriter } from './core/log/log-writer.js';
import type { StageRunner } from './core/pipeline/stage-runner.js';
import { StagePlugins } from './core/pipeline/stage-plugins.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from './core/options/web-service.options.js';
import { WebService } from './web-service.js';

/** How long an app that never listens is waited for. */
const WAIT_FOR_LISTEN_MS = 100;

/** Initializes models and handlers when the server listens, and disposes them at the end. @internal */
@Injectable()
export class ServiceInitialization {
  private exploration: Exploration = { routes: [], models: [] };
  private initializer: StageInitializer | undefined;
  private stopWaiting: () => void = () => undefined;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    private readonly adapterHost: HttpAdapterHost,
    private readonly runtime: StageRuntime,
    private readonly service: WebService,
    private readonly errors: ErrorReporter,
    private readonly plugins: StagePlugins,
    private readonly log: LogWriter,
  ) {}

  plan(exploration: Exploration): void {
    this.exploration = exploration;
  }

  /** Orders the units by what is injected into them, which is known when all providers exist. */
  prepare(): void {
    const { log, errors, options } = this;
    const units = toStageUnits(this.exploration);
    const idle = findIdleUnits(units, (handler) => this.isIdle(handler));
    for (const unit of units) {
      unit.isIdle = idle.has(unit);
      unit.runners = unit.isIdle ? [] : this.runnersOf(unit.type);
    }
    this.runtime.openUnits(units);
    this.initializer = new StageInitializer({
      units,
      log,
      errors,
      clock: systemClock,
      isRetrying: options.onInitializeError === 'degrade',
    });
  }

  private runnersOf(handler: Type): readonly StageRunner[] {
    const routes = this.exploration.routes.filter(({ type }) => type === handler);
    return [...new Set(routes.map(({ route }) => this.plugins.localRunnerOf(route)).filter((runner) => runner !== undefined))];
  }

  private isIdle(handler: Type): boolean {
    const routes = this.exploration.routes.filter(({ type }) => type === handler);
    return routes.length > 0 && routes.every(({ route }) => this.plugins.remoteOf(route)?.isIdleHere);
  }

  /** The server listens first, so that liveness and readiness answer while models load; an app that never listens does not wait for it. */
  beginOnceListening(): void {
    const begin = (): void => {
      this.stopWaiting();
      if (this.initializer) this.service.follow(this.initializer.start());
    };
    const server = this.adapterHost.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
    if (!server?.once || server.listening) return begin();
    const onListening = (): void => void setImmediate(begin);
    const cancel = systemClock.schedule(WAIT_FOR_LISTEN_MS, begin);
    this.stopWaiting = () => {
      cancel();
      server.removeListener?.('listening', onListening);
    };
    server.once('listening', onListening);
  }

  async stop(): Promise<void> {
    this.stopWaiting();
    await this.initializer?.stop();
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { createHealthCheck } from './core/health/health-check.js';
import { HealthService } from './core/health/health.service.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from './core/options/web-service.options.js';

/** Collects the checks of `/health`: those of the options, and `checkHealth` of models and handlers. @internal */
@Injectable()
export class ServiceHealth {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    private readonly moduleRef: ModuleRef,
    private readonly health: HealthService,
    private readonly runtime: StageRuntime,
  ) {}

  /** @throws StartFaultError for two checks of one name, or an indicator that no module provides */
  async addConfigured(): Promise<void> {
    for (const source of this.options.health.checks) {
      this.health.add(await createHealthCheck(source, async (type) => this.moduleRef.resolve(type, undefined, { strict: false })));
    }
  }

  addOfUnits(): void {
    for (const { name, instance } of this.runtime.stageUnits) {
      if (instance?.checkHealth) this.health.add({ name, check: (signal) => instance.checkHealth?.(signal) });
    }
  }
}

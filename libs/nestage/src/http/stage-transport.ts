import { Injectable } from '@nestjs/common';
import { ContextIdFactory, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { RequestOpenings } from '../core/pipeline/request-openings.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { RequestLog } from '../logging/request-log.js';
import { Deferrals } from './deferrals.js';
import { GateChecks } from './gate/gate-checks.js';
import { ErrorResponder } from './reply/error-responder.js';
import type { AdapterRequest } from './request-of.js';
import { RouteExecution } from './route-execution.js';
import { type HandlerSource, RouteService, type RouteServiceInit, type ServeRoute } from './route-service.js';

/**
 * Gives each route its service, and each request its handler: the one there is, or one of its own where it is request-scoped.
 * @internal
 */
@Injectable()
export class StageTransport {
  private readonly init: RouteServiceInit;

  constructor(
    host: HttpAdapterHost,
    private readonly moduleRef: ModuleRef,
    runtime: StageRuntime,
    openings: RequestOpenings,
    execution: RouteExecution,
    responder: ErrorResponder,
    requestLog: RequestLog,
    checks: GateChecks,
    deferrals: Deferrals,
  ) {
    this.init = { host, runtime, openings, execution, responder, requestLog, checks, deferrals };
  }

  serve(found: FoundRoute): ServeRoute {
    const service = new RouteService(this.init, found.route, this.handlersOf(found));
    return service.serve.bind(service);
  }

  private handlersOf({ route, wrapper }: FoundRoute): HandlerSource {
    let only: StageLifecycle | undefined;
    return (request) => {
      if (only) return only;
      if (!wrapper.isDependencyTreeStatic()) return this.resolveScoped(route, request);
      return (only = wrapper.instance as StageLifecycle);
    };
  }

  private resolveScoped(route: StageRoute, request: AdapterRequest): Promise<StageLifecycle> {
    const contextId = ContextIdFactory.getByRequest(request as object as Record<string, unknown>);
    this.moduleRef.registerRequestByContextId(request, contextId);
    return this.moduleRef.resolve<StageLifecycle>(route.handler, contextId, { strict: false });
  }
}

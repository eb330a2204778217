import { type DynamicModule, Inject, Module, type OnModuleInit, type Provider } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { systemClock } from '../common/clock.js';
import { RequestEvents } from '../core/context/request-events.js';
import { FeatureRoutes, featureRoutesToken } from '../core/discovery/feature-routes.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { GateChecks } from '../http/gate/gate-checks.js';
import { ErrorResponder } from '../http/reply/error-responder.js';
import { RouteExecution } from '../http/route-execution.js';
import { TransportGate } from '../http/gate/transport-gate.js';
import { endpointOf, McpOtherMethods } from './endpoint.js';
import { MCP_HANDLER_CHECKS } from './mcp-tool.options.js';
import { McpHandler } from './mcp.handler.js';
import { type McpOptions, RESOLVED_MCP_OPTIONS, type ResolvedMcpOptions, resolveMcpOptions } from './mcp.options.js';
import { OriginCheck } from './origin-check.js';
import { ToolCalls } from './tool-calls.js';

const PROVIDERS: readonly Provider[] = [
  McpOtherMethods,
  {
    provide: ToolCalls,
    inject: [
      TransportGate,
      GateChecks,
      RouteExecution,
      StageRuntime,
      ErrorResponder,
      RequestEvents,
      ModuleRef,
      LogWriter,
      RESOLVED_MCP_OPTIONS,
    ],
    useFactory: (
      gate: TransportGate,
      checks: GateChecks,
      execution: RouteExecution,
      runtime: StageRuntime,
      responder: ErrorResponder,
      events: RequestEvents,
      moduleRef: ModuleRef,
      writer: LogWriter,
      { maxResultBytes }: ResolvedMcpOptions,
    ) => new ToolCalls({ gate, checks, execution, runtime, responder, events, moduleRef, writer, clock: systemClock, maxResultBytes }),
  },
  {
    provide: McpHandler,
    inject: [RESOLVED_MCP_OPTIONS, ToolCalls, StageRuntime],
    useFactory: (options: ResolvedMcpOptions, calls: ToolCalls, runtime: StageRuntime) => new McpHandler(options, calls, runtime),
  },
  {
    provide: OriginCheck,
    inject: [RESOLVED_MCP_OPTIONS, LogWriter],
    useFactory: (options: ResolvedMcpOptions, log: LogWriter) => new OriginCheck(options, log),
  },
];

/**
 * Offers handlers with `mcp: { name, description }` as tools of a Model Context Protocol server, at `/mcp`. Imported beside
 * `WebServiceModule`; needs @modelcontextprotocol/sdk.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/summaries', { request: SummaryRequest, mcp: { name: 'summarise', description: 'Shortens a text' } })
 * export class SummaryHandler {
 *   run({ text }: SummaryRequest) { return text.slice(0, 100); }
 * }
 *
 * @Module({ imports: [WebServiceModule.forRoot(), McpModule.forRoot()], providers: [SummaryHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class McpModule implements OnModuleInit {
  /** @throws OptionError for a bad option */
  static forRoot(options: McpOptions = {}): DynamicModule {
    const resolved = resolveMcpOptions(options);
    const routes = new FeatureRoutes(endpointOf(resolved));
    const values = [
      { provide: RESOLVED_MCP_OPTIONS, useValue: resolved },
      { provide: featureRoutesToken(), useValue: routes },
    ];
    return { module: McpModule, providers: [...values, ...PROVIDERS] };
  }

  constructor(
    @Inject(McpHandler) private readonly handler: McpHandler,
    private readonly check: OriginCheck,
    private readonly checks: GateChecks,
    claims: OptionClaims,
    modules: ModulesContainer,
  ) {
    if ([...modules.values()].filter(({ metatype }) => metatype === McpModule).length > 1) {
      throw new StartFaultError(['McpModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
    claims.claim({ handler: MCP_HANDLER_CHECKS });
  }

  onModuleInit(): void {
    this.handler.prepare();
    this.checks.use(this.check);
  }
}

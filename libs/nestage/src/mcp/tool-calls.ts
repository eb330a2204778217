import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { Clock } from '../common/clock.js';
import { contextStorage } from '../core/context/context-storage.js';
import type { RequestAbortedError } from '../core/context/request-aborted.error.js';
import { RequestContext } from '../core/context/request-context.js';
import type { RequestEvents } from '../core/context/request-events.js';
import type { StageContext } from '../core/context/stage-context.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import type { SanitizedError } from '../core/errors/sanitize-error.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import type { GateChecks } from '../http/gate/gate-checks.js';
import type { ErrorResponder } from '../http/reply/error-responder.js';
import type { RouteExecution } from '../http/route-execution.js';
import type { TransportGate } from '../http/gate/transport-gate.js';
import type { McpTool } from './mcp-tool.js';
import { visitOf } from './origin-check.js';
import { callHeaders, type ToolArguments, toolRequestOf } from './tool-request.js';
import { errorResult, toolResult } from './tool-result.js';

/** @internal */
export interface ToolCallsInit {
  readonly gate: TransportGate;
  readonly checks: GateChecks;
  readonly execution: RouteExecution;
  readonly runtime: StageRuntime;
  readonly responder: ErrorResponder;
  readonly events: RequestEvents;
  readonly moduleRef: ModuleRef;
  readonly writer: LogWriter;
  readonly clock: Clock;
  readonly maxResultBytes: number;
}

/** @internal */
export interface ToolCall {
  readonly tool: McpTool;
  readonly given: ToolArguments;
  /** Of the request that the message came by. */
  readonly parent: StageContext;
  /** Fires when the client has called it off. */
  readonly cancelled: AbortSignal;
  /** Sees each item of a streamed answer; the stream waits for it. */
  readonly onItem?: (item: unknown) => Promise<void>;
}

/** What a call is called in the log, in spans and in request records. */
const METHOD = 'tools/call';

/**
 * Takes calls of tools through the handlers' own routes: the same keys, limits, body format, stages and errors.
 * @internal
 */
export class ToolCalls {
  constructor(private readonly init: ToolCallsInit) {}

  /** Never rejects for what a handler or a rule says: that is a result, too, which the model may learn from. */
  async call(call: ToolCall): Promise<CallToolResult> {
    const { events, clock } = this.init;
    const context = this.open(call);
    const release = follow(call, context);
    return contextStorage.run(context, async () => {
      let [status, bytesIn] = [200, 0];
      events.started(context, METHOD);
      try {
        return await this.answer(call, context, (bytes) => (bytesIn = bytes));
      } catch (thrown) {
        const error = thrown instanceof FailedStream ? thrown.error : this.init.responder.sanitize(thrown, context);
        status = error.status;
        return errorResult(error, context.logId);
      } finally {
        release();
        const failure = context.failure;
        const durationMs = clock.elapsed() - context.startedAt;
        const verdict = failure ? `, tier ${failure.tier}, error ${failure.code}` : '';
        context.logger.info(`Tool finished: ${call.tool.definition.name} ${status}, cost ${durationMs.toFixed(1)} ms${verdict}`);
        const abortedBy = context.abortedBy?.abortCause;
        events.finished({ context, method: METHOD, status, failure, abortedBy, durationMs, bytesIn, bytesOut: 0 });
        context.dispose();
      }
    });
  }

  private open({ tool, parent }: ToolCall): RequestContext {
    const { writer, clock } = this.init;
    const headers = callHeaders(parent.headers);
    const context = new RequestContext({ logId: parent.logId, origin: 'mcp', headers, writer, startedAt: clock.elapsed() });
    context.handlerName = tool.route.name;
    context.logger.info(`Tool called: ${tool.definition.name}, handler ${tool.route.name}`);
    return context;
  }

  private async answer(call: ToolCall, context: RequestContext, tellBytes: (bytes: number) => void): Promise<CallToolResult> {
    const { checks, execution, runtime, maxResultBytes } = this.init;
    const { tool, given, parent, onItem } = call;
    const { route } = tool;
    const visit = visitOf(parent);
    context.path = route.path;
    if (visit) await checks.passAlso({ ...visit, context, path: route.path, countedAs: visit.path });
    runtime.assertReady(route.handler);
    const { request, parameters, bytes } = toolRequestOf(tool, given, context.headers);
    tellBytes(bytes);
    const body = await new Promise((done, failed: (error: unknown) => void) =>
      this.init.gate.receiveBody({ request, route, context }, { done, failed }),
    );
    const received = { method: METHOD, contentType: request.headers['content-type'], bytes };
    const validated: unknown = await execution.receive(route, { body, parameters, received }, context);
    const handler = await this.handlerOf(tool.found, request);
    const items: unknown[] = [];
    let failure: SanitizedError | undefined;
    const output = await execution.execute({
      route,
      request: validated,
      context,
      handler,
      onItem: async (item) => {
        items.push(item);
        await onItem?.(item);
      },
      onFailure: (error) => (failure = error),
    });
    const result = await toolResult(output, { tool, context, items, maxBytes: maxResultBytes });
    if (failure) throw new FailedStream(failure);
    return result;
  }

  private async handlerOf({ route, wrapper }: FoundRoute, request: object): Promise<StageLifecycle> {
    if (wrapper.isDependencyTreeStatic()) return wrapper.instance as StageLifecycle;
    const contextId = ContextIdFactory.create();
    this.init.moduleRef.registerRequestByContextId(request, contextId);
    return this.init.moduleRef.resolve<StageLifecycle>(route.handler, contextId, { strict: false });
  }
}

/** A stream that broke off: reported already, where it did. */
class FailedStream extends Error {
  constructor(readonly error: SanitizedError) {
    super('The stream failed');
  }
}

/** Ends the call with its message, and when it is called off. @returns what lets go of both */
function follow({ parent, cancelled }: ToolCall, context: RequestContext): () => void {
  const onParent = (): void => context.abort((parent.signal.reason as RequestAbortedError).abortCause);
  const onCancelled = (): void => context.abort('cancelled');
  const signals = [
    [parent.signal, onParent],
    [cancelled, onCancelled],
  ] as const;
  for (const [signal, listener] of signals) {
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  }
  return () => {
    for (const [signal, listener] of signals) signal.removeEventListener('abort', listener);
  };
}

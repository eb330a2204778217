import { randomUUID } from 'node:crypto';
import {
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  type JSONRPCRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageContext } from '../core/context/stage-context.js';
import { RequestError, ValidationError } from '../core/errors/service-errors.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import { BinaryResult } from '../core/stage/binary-result.js';
import { McpExchange } from './mcp-exchange.js';
import { mcpServerOf } from './mcp-server.js';
import { type McpTool, toolsOf } from './mcp-tool.js';
import type { ResolvedMcpOptions } from './mcp.options.js';
import { OpenCalls, SESSION_HEADER } from './open-calls.js';
import type { ToolCalls } from './tool-calls.js';

type Answer = JSONRPCMessage | AsyncIterable<JSONRPCMessage> | BinaryResult;

/**
 * The endpoint, as a handler like any other: one message a request. Nothing is kept between messages, so any process can answer the next one.
 * @internal
 */
export class McpHandler {
  private tools: ReadonlyMap<string, McpTool> = new Map();
  private readonly open = new OpenCalls();

  constructor(
    private readonly options: ResolvedMcpOptions,
    private readonly calls: ToolCalls,
    private readonly runtime: StageRuntime,
  ) {}

  /** @throws StartFaultError for tools that can't be offered */
  prepare(): void {
    this.tools = toolsOf(this.runtime.routes);
  }

  preProcess(given: unknown, { headers }: StageContext): JSONRPCMessage {
    const version = headers['mcp-protocol-version'];
    if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))) {
      throw new RequestError(`The protocol version must be one of ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')}`, { code: 'invalid_request' });
    }
    const { success, data } = JSONRPCMessageSchema.safeParse(given);
    if (!success) throw new ValidationError('The body is not one message of JSON-RPC 2.0');
    return data;
  }

  run(message: JSONRPCMessage, context: StageContext): Answer | Promise<Answer> {
    if (!('method' in message)) return accepted(context);
    if ('id' in message) return this.answer(message, context as RequestContext);
    const { requestId } = (message.params ?? {}) as { readonly requestId?: string | number };
    if (message.method === 'notifications/cancelled' && requestId !== undefined) this.open.cancel(context, requestId);
    return accepted(context);
  }

  private async answer(request: JSONRPCRequest, context: RequestContext): Promise<Answer> {
    const { options, calls, tools } = this;
    const exchange = new McpExchange(mcpServerOf({ options, tools, calls, context }), request);
    const release = this.open.add(context, request.id, () => exchange.cancel());
    if (request.method === 'initialize') context.response.setHeader(SESSION_HEADER, randomUUID());
    const messages = released(exchange.messages(), () => {
      release();
      // Its record would hide that of the call, which has the same log id.
      if (request.method === 'tools/call') context.servicePath = options.path;
    });
    if (wantsProgress(request, context)) return messages;
    for await (const message of messages) if (!('method' in message)) return message;
    return accepted(context); // called off: no answer is due
  }
}

async function* released<T>(items: AsyncIterable<T>, release: () => void): AsyncGenerator<T, void, void> {
  try {
    yield* items;
  } finally {
    release();
  }
}

/** Whether the client wants to hear of the work before its end, and can. */
function wantsProgress({ params }: JSONRPCRequest, { headers }: StageContext): boolean {
  return params?._meta?.progressToken !== undefined && /\btext\/event-stream\b/i.test(String(headers['accept'] ?? ''));
}

/** There is nothing to say. */
function accepted(context: StageContext): BinaryResult {
  context.response.status = 202;
  return new BinaryResult(Buffer.alloc(0), { type: 'application/json' });
}

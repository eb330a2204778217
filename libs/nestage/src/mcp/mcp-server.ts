import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { ResolvedMcpOptions } from './mcp.options.js';
import type { McpTool } from './mcp-tool.js';
import type { ToolCalls } from './tool-calls.js';
import { itemText } from './tool-result.js';

/** @internal */
export interface McpServerInit {
  readonly options: ResolvedMcpOptions;
  readonly tools: ReadonlyMap<string, McpTool>;
  readonly calls: ToolCalls;
  readonly context: RequestContext;
}

/** Nothing is asked of clients, so nothing of theirs is validated; the SDK's own validator would be compiled for each message. */
const NO_VALIDATOR = { getValidator: () => () => ({ valid: true, data: undefined, errorMessage: undefined }) as never };

/** The server of one message: what it says of itself, its tools, and calls of them. @internal */
export function mcpServerOf({ options, tools, calls, context }: McpServerInit): Server {
  const { name, version, instructions } = options;
  const capabilities = { tools: {} };
  const server = new Server({ name, version }, { capabilities, instructions, jsonSchemaValidator: NO_VALIDATOR });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...tools.values()].map(({ definition }) => definition) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const tool = tools.get(params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    const { progressToken } = params._meta ?? {};
    let progress = 0;
    const tell = async (item: unknown): Promise<void> => {
      if (progressToken === undefined) return;
      progress++;
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, message: itemText(item) } });
    };
    return calls.call({ tool, given: params.arguments ?? {}, parent: context, cancelled: signal, onItem: tell });
  });
  return server;
}

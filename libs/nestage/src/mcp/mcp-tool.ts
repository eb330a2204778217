import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import { routeLabel, type StageRoute } from '../core/discovery/stage-route.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import type { McpToolOptions } from './mcp-tool.options.js';
import { fileFieldsOf, inputSchemaOf, outputSchemaOf } from './tool-schemas.js';

/** A handler that is offered as a tool. @internal */
export interface McpTool {
  readonly found: FoundRoute;
  readonly route: StageRoute;
  /** As clients are told of it. */
  readonly definition: Tool;
  /** Fields that hold files. */
  readonly files: ReadonlySet<string>;
  /** Whether the arguments are sent to the handler as a form. */
  readonly isForm: boolean;
}

/**
 * The tools of a service by their names.
 * @throws StartFaultError listing everything that is wrong with them
 * @internal
 */
export function toolsOf(routes: readonly FoundRoute[]): ReadonlyMap<string, McpTool> {
  const tools = new Map<string, McpTool>();
  const faults: string[] = [];
  for (const found of routes) {
    const { mcp } = found.route.options;
    if (!mcp) continue;
    const fault = faultOf(found.route, mcp) ?? takenFault(found.route, tools.get(mcp.name));
    if (fault) faults.push(`${routeLabel(found.route.handler, found.route.path)} ${fault}`);
    else tools.set(mcp.name, toolOf(found, mcp));
  }
  if (faults.length > 0) throw new StartFaultError(faults);
  return tools;
}

function toolOf(found: FoundRoute, { name, description, annotations }: McpToolOptions): McpTool {
  const { route } = found;
  const outputSchema = outputSchemaOf(route);
  const definition = {
    name,
    description,
    ...(annotations?.title !== undefined && { title: annotations.title }),
    inputSchema: inputSchemaOf(route),
    ...(outputSchema && { outputSchema }),
    ...(annotations && { annotations }),
  };
  return { found, route, definition: definition as Tool, files: fileFieldsOf(route), isForm: !isJson(route) };
}

function faultOf(route: StageRoute, { name, description }: Partial<McpToolOptions>): string | undefined {
  if (!name || !description) return 'gives "mcp" without a name or a description: a tool needs both.';
  const isKnown = isJson(route) || route.body.mediaTypes.includes('multipart/form-data');
  return isKnown ? undefined : `can't be a tool: arguments can't be written as a body of the format "${route.body.name}".`;
}

const isJson = ({ body }: StageRoute): boolean => body.name === 'json';

const takenFault = ({ options }: StageRoute, other: McpTool | undefined): string | undefined =>
  other && `and ${routeLabel(other.route.handler, other.route.path)} are both the tool '${options.mcp?.name}': give one another name.`;

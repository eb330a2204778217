export { McpModule } from './mcp.module.js';
export type { McpOptions } from './mcp.options.js';
export type { McpToolAnnotations, McpToolOptions } from './mcp-tool.options.js';

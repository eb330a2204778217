import { checkOptions, integer, type OptionCheck, typed } from '../common/option-checks.js';
import { megabytes } from '../common/size.js';

/** Options of `McpModule.forRoot()`. @publicApi */
export interface McpOptions {
  /** Path of the endpoint, below the app's prefix. @default '/mcp' */
  readonly path?: string;
  /** Name of the server, as clients are told. @default 'nestage' */
  readonly name?: string;
  /** Version of the server, as clients are told. @default '0.0.0' */
  readonly version?: string;
  /** What the tools are for and how they work together, for the model that uses them. @default none */
  readonly instructions?: string;
  /**
   * Pages that may call the endpoint from a browser, such as `https://app.example`. A browser names the page in Origin, and requests of all
   * other pages are refused: they could reach a service of this machine by a name that leads here (DNS rebinding). @default those of this machine
   */
  readonly allowedOrigins?: readonly string[];
  /** Names that the endpoint may be called by, as they stand in Host, without port. @default any */
  readonly allowedHosts?: readonly string[];
  /** Longest message in bytes; files in it take a third more than they have. @default 4 MB */
  readonly maxBodyBytes?: number;
  /** Longest result of a tool in bytes, before binary data is written as text. @default 16 MB */
  readonly maxResultBytes?: number;
}

/** @internal */
export interface ResolvedMcpOptions extends Required<Omit<McpOptions, 'instructions' | 'allowedHosts'>> {
  readonly instructions: string | undefined;
  readonly allowedHosts: readonly string[] | undefined;
}

/** DI token of the options with defaults filled. @internal */
export const RESOLVED_MCP_OPTIONS = Symbol('nestage:resolved-mcp-options');

const isOrigin = (value: unknown): boolean => typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;

const listOf = (what: string, accepts: (value: unknown) => boolean): OptionCheck => ({
  describe: `a list of ${what}`,
  accepts: (value) => Array.isArray(value) && value.every(accepts),
});

const CHECKS: Readonly<Record<keyof McpOptions, OptionCheck>> = {
  path: { describe: 'a path with a leading slash', accepts: (value) => typeof value === 'string' && /^\/[^:*?#]+$/.test(value) },
  name: typed('string'),
  version: typed('string'),
  instructions: typed('string'),
  allowedOrigins: listOf('origins such as "https://app.example"', isOrigin),
  allowedHosts: listOf('host names without port', (value) => typeof value === 'string' && /^(?:\[[\da-f:.]+\]|[\w.-]+)$/i.test(value)),
  maxBodyBytes: integer(1),
  maxResultBytes: integer(1),
};

/** @throws OptionError @internal */
export function resolveMcpOptions(given: McpOptions): ResolvedMcpOptions {
  checkOptions(given, CHECKS, 'McpModule.forRoot()');
  return {
    path: (given.path ?? '/mcp').replace(/\/+$/, ''),
    name: given.name ?? 'nestage',
    version: given.version ?? '0.0.0',
    instructions: given.instructions,
    allowedOrigins: given.allowedOrigins ?? [],
    allowedHosts: given.allowedHosts?.map((host) => host.toLowerCase()),
    maxBodyBytes: given.maxBodyBytes ?? megabytes(4),
    maxResultBytes: given.maxResultBytes ?? megabytes(16),
  };
}

import { fields, type OptionCheck, typed } from '../common/option-checks.js';

/** What clients may be told of a tool's nature; hints, which nobody enforces. @publicApi */
export interface McpToolAnnotations {
  /** Name for people. */
  readonly title?: string;
  /** Changes nothing. */
  readonly readOnlyHint?: boolean;
  /** May destroy something, where it changes anything. */
  readonly destructiveHint?: boolean;
  /** Called again with the same arguments it changes nothing more. */
  readonly idempotentHint?: boolean;
  /** Reaches out to things beyond the service, such as the web. */
  readonly openWorldHint?: boolean;
}

/** A handler as a tool of the Model Context Protocol. @publicApi */
export interface McpToolOptions {
  /** 1 to 128 letters, digits and `_ . -`; of one tool only. */
  readonly name: string;
  /** What it does and when to use it: a model decides by this. */
  readonly description: string;
  readonly annotations?: McpToolAnnotations;
  /**
   * Whether results are told by a schema, made of the response DTO. `false` for a handler with such a DTO that gives streams or bytes,
   * which have no structure to be held to. @default true, false for an `async *run`
   */
  readonly structured?: boolean;
}

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Offers the handler as a tool of the Model Context Protocol. Needs `McpModule` of `nestage/mcp`. @default none */
    readonly mcp?: McpToolOptions;
  }
}

const flag = typed('boolean');

const name: OptionCheck = {
  describe: '1 to 128 letters, digits and _ . -',
  accepts: (value) => typeof value === 'string' && /^[A-Za-z0-9_.-]{1,128}$/.test(value),
};

/** @internal */
export const MCP_HANDLER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  mcp: fields({
    name,
    description: typed('string'),
    annotations: fields({
      title: typed('string'),
      readOnlyHint: flag,
      destructiveHint: flag,
      idempotentHint: flag,
      openWorldHint: flag,
    }),
    structured: flag,
  }),
};

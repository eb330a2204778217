import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';

/**
 * One request and all that the server says to it, as the transport that the SDK's server talks to. Ends with the answer, or without any when
 * the request is called off: then none is due.
 * @internal
 */
export class McpExchange implements Transport {
  onmessage?: Transport['onmessage'];
  onclose?: () => void;
  onerror?: (error: Error) => void;
  private readonly said: JSONRPCMessage[] = [];
  private wake: () => void = () => undefined;
  private isOver = false;

  constructor(
    private readonly server: Server,
    private readonly request: JSONRPCRequest,
  ) {}

  async start(): Promise<void> {
    // connected as soon as it is made
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.isOver) return;
    this.said.push(message);
    if ('id' in message && !('method' in message)) this.isOver = true;
    this.wake();
  }

  async close(): Promise<void> {
    this.isOver = true;
    this.wake();
    this.onclose?.();
  }

  /** The client no longer waits: the server hears of it as of any message. */
  cancel(): void {
    this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: this.request.id } });
    void this.close();
  }

  /** What the server says, as it says it. */
  async *messages(): AsyncGenerator<JSONRPCMessage, void, void> {
    await this.server.connect(this);
    try {
      this.onmessage?.(this.request);
      for (;;) {
        const next = this.said.shift();
        if (next) yield next;
        else if (this.isOver) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      await this.server.close();
    }
  }
}

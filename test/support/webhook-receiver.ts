import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from './until.js';

/** One request as a webhook server got it. */
export interface ReceivedWebhook {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Record<string, unknown>;
}

/** A real server for webhooks on a free port of 127.0.0.1. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** What it answers; `undefined` never answers. */
  answer: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> } | undefined = { status: 200 };
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      void text(request).then((body) => {
        const json = JSON.parse(body) as Record<string, unknown>;
        this.received.push({ url: request.url ?? '', headers: request.headers, body, json });
        if (this.answer) response.writeHead(this.answer.status, this.answer.headers).end(this.answer.body ?? 'ok');
      });
    });
  }

  async open(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks/T0-secret-path?key=secret-key`;
  }

  /** The first `count` webhooks, as soon as they are there. */
  async take(count: number): Promise<readonly ReceivedWebhook[]> {
    await until(() => this.received.length >= count);
    return this.received.slice(0, count);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

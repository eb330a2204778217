import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy before a service of this machine that treats server-sent events as badly as it is told. */
export class StreamProxy {
  private readonly server: Server = createServer((asked, answer) => this.pass(asked, answer));
  /** Streams that were asked for. */
  streams = 0;
  /** `hold` keeps back whatever a stream says; a number ends it as many milliseconds after its first event. */
  treatment: 'pass' | 'hold' | number = 'pass';

  /** @param target address of the service, which may be another one later */
  constructor(public target: string) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url = '/' } = asked;
    const onward = request(new URL(url, this.target), { method, headers, agent: false }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      if (String(reply.headers['content-type']).startsWith('text/event-stream')) this.stream(reply, answer);
      else reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  }

  private stream(reply: IncomingMessage, answer: ServerResponse): void {
    this.streams++;
    answer.flushHeaders();
    reply.on('error', () => answer.destroy());
    if (this.treatment === 'hold') reply.resume();
    else reply.pipe(answer);
    const { treatment } = this;
    if (typeof treatment !== 'number') return;
    const cut = (chunk: Buffer): void => {
      if (!chunk.includes('event: ')) return;
      reply.off('data', cut);
      setTimeout(() => answer.destroy(), treatment).unref();
    };
    reply.on('data', cut);
  }
}

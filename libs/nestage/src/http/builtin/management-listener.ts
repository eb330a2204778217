import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { pathOf, type RouteTable } from '../gate/route-table.js';
import { listenFault } from '../server/listen-fault.js';

const SETTINGS = {
  portSetting: 'MANAGEMENT_PORT or management.port of WebServiceModule.forRoot()',
  hostSetting: 'MANAGEMENT_HOST or management.host of WebServiceModule.forRoot()',
};

/**
 * The second listener, for operators: with `management.port` set, the built-in routes are served there and nowhere else.
 * It hands its requests to the same app, so they pass the same guards and logs.
 * @internal
 */
@Injectable()
export class ManagementListener {
  /** What its server is given before it listens, besides what Node gives it. */
  harden: (server: Server) => void = () => undefined;
  private server: Server | undefined;

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions) {}

  get isConfigured(): boolean {
    return this.options.management.port !== undefined;
  }

  /** Where it listens; `undefined` before `start` and without a port. */
  get address(): AddressInfo | undefined {
    return (this.server?.address() as AddressInfo | null) ?? undefined;
  }

  /** @throws StartFaultError where it can't listen, such as on a port in use */
  async start(handle: RequestListener): Promise<void> {
    const { port, host } = this.options.management;
    if (port === undefined) return;
    const server = createServer(handle);
    this.harden(server);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch((error: unknown) => {
      throw listenFault(error, { host, port, ...SETTINGS });
    });
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections(); // requests had their time while the service drained
    await closed;
  }

  /** Whether a request came in by this listener. */
  isOwn(request: IncomingMessage): boolean {
    return this.server !== undefined && (request.socket as unknown as { server?: unknown }).server === this.server;
  }

  /** Whether a request came in by the wrong one of two listeners. */
  isMisdirected(request: IncomingMessage, table: Pick<RouteTable, 'isBuiltIn'>): boolean {
    return this.isConfigured && table.isBuiltIn(pathOf(request.url)) !== this.isOwn(request);
  }
}

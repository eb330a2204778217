import type { RequestListener } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { expressGate } from './express/bind-express.js';
import type { ExpressApp, ExpressHandle } from './express/express-app.js';
import { readExpressRoutes } from './express/express-routes.js';
import { bindFastify, type FastifyInstance } from './fastify/bind-fastify.js';
import { RouterShortcut } from './express/router-shortcut.js';
import { BareRoutes } from './routes/bare-routes.js';
import { TransportGate } from './gate/transport-gate.js';

/**
 * Puts the gate before whatever adapter the app was created with.
 * @internal
 */
@Injectable()
export class AdapterBinding {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly gate: TransportGate,
    private readonly bare: BareRoutes,
  ) {}

  /** Must run before parsers and routes are registered; under a test module the adapter itself comes later than the modules. */
  bind(): void {
    this.host.init$.subscribe(() => {
      const { httpAdapter } = this.host;
      const type = httpAdapter?.getType();
      if (type === 'express') this.bindExpress(httpAdapter);
      else if (type === 'fastify') bindFastify(httpAdapter.getInstance<FastifyInstance>(), this.gate, this.bare);
    });
  }

  /** Our own adapter opens the gate before Express; the middleware stays for whoever calls the Express app himself. */
  private bindExpress(adapter: HttpAdapterHost['httpAdapter'] & { setGate?: (gate: ExpressHandle) => void }): void {
    const gate = expressGate(this.gate, new RouterShortcut(adapter.getInstance<ExpressApp>(), this.bare));
    adapter.use(gate);
    adapter.setGate?.(gate);
  }

  /** @throws StartFaultError for an adapter that there is no binding for */
  assertSupported(): void {
    const type = this.host.httpAdapter?.getType();
    if (!type || type === 'express' || type === 'fastify') return;
    throw new StartFaultError([`The HTTP adapter "${type}" is not supported: use @nestjs/platform-express or @nestjs/platform-fastify.`]);
  }

  /** Learns the paths that routes were registered by, once they are. */
  open(): void {
    const { httpAdapter } = this.host;
    if (httpAdapter?.getType() === 'express') readExpressRoutes(httpAdapter.getInstance<ExpressApp>(), this.gate.table);
  }

  /** The app as a function that serves one request, for a second listener. */
  requestListener(): RequestListener {
    const instance = this.host.httpAdapter?.getInstance<RequestListener & { routing?: RequestListener }>();
    return (request, response) => (instance?.routing ?? instance)?.(request, response);
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { contextStorage } from '../../core/context/context-storage.js';
import { pathOf } from '../gate/route-table.js';
import type { TransportGate } from '../gate/transport-gate.js';

/** @internal */
export type ExpressRequest = IncomingMessage & { body?: unknown };

/** @internal */
export type ExpressMiddleware = (request: ExpressRequest, response: ServerResponse, next: () => void) => void;

/**
 * The first middleware of an Express app. A body that it has read is left alone by the parsers that Nest adds after it, and so is
 * Nest's decision to add them: it looks for a middleware of the name `jsonParser`, which this is not.
 * @internal
 */
export function expressGate(gate: TransportGate): ExpressMiddleware {
  return function nestageGate(request, response, next) {
    const context = gate.open(request, response);
    contextStorage.run(context, () => {
      const method = request.method ?? '';
      const path = pathOf(request.url);
      const route = gate.table.find(method, path);
      const refuse = (error: unknown): void => gate.refuse(error, response, context, route ?? gate.table.anyAt(path));
      try {
        gate.admit(request);
      } catch (error) {
        return refuse(error);
      }
      const proceed = (): void => {
        if (!route) return next();
        const done = (body: unknown): void => {
          request.body = body;
          next();
        };
        gate.receiveBody({ request, route, context }, { done, failed: refuse });
      };
      const checking = gate.check({ request, response, context }, () => route ?? gate.table.servedBy(method, path));
      if (checking) checking.then(proceed, refuse);
      else proceed();
    });
  };
}

import type { Server as HttpServer } from 'node:http';
import type { LogWriter } from '../../core/log/log-writer.js';
import { tellClientFaults } from './client-faults.js';
import { sendSecurityHeaders } from './security-headers.js';
import { applyServerLimits, type ServerLimits } from './server-limits.js';

/** Node reads its option of that name from here; its types don't know. */
type Server = HttpServer & { requireHostHeader?: boolean };

/** @internal */
export interface HardenServerInit {
  readonly limits: Required<ServerLimits>;
  readonly securityHeaders: boolean;
  readonly log: LogWriter;
}

/** What a server that the service has for itself is given before it listens. @internal */
export function hardenServer(server: Server, { limits, securityHeaders, log }: HardenServerInit): void {
  applyServerLimits(server, limits);
  tellClientFaults(server, log);
  server.requireHostHeader = false; // the gate refuses it, with a line in the log
  if (securityHeaders) sendSecurityHeaders(server);
}

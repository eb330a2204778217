import type { Server } from 'node:http';
import type { LogWriter } from '../core/log/log-writer.js';
import { tellClientFaults } from './client-faults.js';
import { sendSecurityHeaders } from './security-headers.js';
import { applyServerLimits, type ServerLimits } from './server-limits.js';

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
  if (securityHeaders) sendSecurityHeaders(server);
}

import type { LogWriter } from '../../core/log/log-writer.js';
import type { GateRequest } from './gate-checks.js';

/** Why somebody was not let in. @internal */
export interface RefusedAccess {
  readonly request: Pick<GateRequest, 'context' | 'method' | 'path' | 'address'>;
  readonly reason: string;
  /** Of the key that it came with, never the key; where keys are asked for. */
  readonly name?: string;
}

/** The line of a refusal, of one form for all rooms, so that it can be looked for and counted. @internal */
export function tellRefusedAccess(log: LogWriter, { request, reason, name }: RefusedAccess): void {
  const { context, method, path, address } = request;
  log.write('WARNING', `Access refused: ${reason}${name ? `, name ${name}` : ''}, ${method} ${path}, from ${address}`, context.logId);
}

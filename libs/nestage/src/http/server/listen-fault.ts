import { StartFaultError } from '../../core/discovery/start-fault.js';

/** Where a server was to listen, and where a reader sets that. @internal */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly portSetting: string;
  readonly hostSetting: string;
}

const REASONS: Readonly<Record<string, (place: ListenPlace) => string>> = {
  EADDRINUSE: ({ host, port, portSetting }) => `port ${port} of ${host} is in use: set another by ${portSetting}.`,
  EACCES: ({ host, port, portSetting }) => `port ${port} of ${host} needs more rights: set one above 1023 by ${portSetting}.`,
  EADDRNOTAVAIL: ({ host, hostSetting }) => `${host} is no address of this machine: set another by ${hostSetting}.`,
  ENOTFOUND: ({ host, hostSetting }) => `the host ${host} is unknown: set another by ${hostSetting}.`,
};

/** What `listen` failed with, as a fault that says what to set where that is the remedy. @internal */
export function listenFault(error: unknown, place: ListenPlace): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  return reason ? new StartFaultError([reason(place)]) : error;
}

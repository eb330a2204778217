import { LogWriter } from '../core/log/log-writer.js';
import type { AlertSinkFactory } from './alert-sink.js';
import { alertTitle, alertLines } from './alert-text.js';

/** Log id of lines that belong to no request. */
const NO_REQUEST = 'default';

/**
 * A sink that writes each alert as one line of the service's log: FATAL for L4, ERROR for what else fires, INFO when it is over.
 * @publicApi
 */
export function logSink(): AlertSinkFactory {
  return {
    name: 'log',
    create: async (resolve) => {
      const log = await resolve(LogWriter as unknown as new () => LogWriter);
      return {
        name: 'log',
        send(alert) {
          const level = alert.state === 'recovered' ? 'INFO' : alert.tier === 'L4' ? 'FATAL' : 'ERROR';
          log.write(level, [`Alert ${alertTitle(alert)}`, ...alertLines(alert)].join('; '), NO_REQUEST);
        },
      };
    },
  };
}

import type { LogLevel } from '../core/log/log-writer.js';
import type { ResourceUsage } from '../core/resources/resource-usage.js';
import { escapeControls } from './escape-controls.js';
import { LocalTime } from './local-time.js';
import type { LogFormat } from './logging.options.js';

/** What one line tells. @internal */
export interface LineParts {
  readonly level: LogLevel;
  readonly message: string;
  readonly logId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly usage: ResourceUsage;
  /** `file:line` of the code that logs, where that is wanted. */
  readonly caller: string | undefined;
}

/** Makes one line, without its end, of one record. @internal */
export type LineFormat = (parts: LineParts) => string;

const FORMATS: Readonly<Record<LogFormat, () => LineFormat>> = { text: textFormat, json: jsonFormat };
const UNSAFE_IN_LOG_ID = /[^A-Za-z0-9._:-]/g;

/** A format with its own memory of the current second. @internal */
export function lineFormat(format: LogFormat): LineFormat {
  return FORMATS[format]();
}

/** `[2024-02-07 16:17:06,436] [pid:80550] [level:INFO] [logid:17072938263441553] [CPU: 31.8] [Memory: 93.2] [GPU: 0] message` */
function textFormat(): LineFormat {
  const clock = new LocalTime();
  const pid = `] [pid:${process.pid}] [level:`;
  return ({ level, message, logId, time, usage, caller }) => {
    const load = `[CPU: ${percent(usage.cpu)}] [Memory: ${percent(usage.memory)}] [GPU: ${percent(usage.gpu)}]`;
    const place = caller === undefined ? '' : ` [${escapeControls(caller)}]`;
    return `[${clock.format(time)}${pid}${level}] [logid:${safe(logId)}] ${load}${place} ${escapeControls(message)}`;
  };
}

/** The same fields as one JSON object. */
function jsonFormat(): LineFormat {
  const clock = new LocalTime();
  return ({ level, message, logId, time, usage, caller }) =>
    escapeControls(
      JSON.stringify({
        time: clock.format(time),
        pid: process.pid,
        level,
        logid: safe(logId),
        cpu: percent(usage.cpu),
        memory: percent(usage.memory),
        gpu: percent(usage.gpu),
        caller,
        message,
      }),
    );
}

/** One decimal at most, as the original writes it: `31.8`, `0`. */
function percent(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}

/** A log id may be the caller's own: it must not open fields of its own. */
function safe(logId: string): string {
  return logId.replace(UNSAFE_IN_LOG_ID, '_');
}

import type { LogLevel } from '../core/log/log-writer.js';
import type { ResourceUsage } from '../core/resources/resource-usage.js';
import type { Described } from './values/described.js';
import { escapeControls } from './values/escape-controls.js';
import { LocalTime } from './local-time.js';
import type { LogFormat } from './logging.options.js';

/** What one line tells. @internal */
export interface LineParts {
  readonly level: LogLevel;
  /** Its secrets masked. */
  readonly message: Described;
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
  const head = new TextHead();
  return (parts) => {
    const { text, isPlain } = parts.message;
    const place = parts.caller === undefined ? '' : `[${escapeControls(parts.caller)}] `;
    return head.of(parts) + place + (isPlain ? text : escapeControls(text));
  };
}

/** What stands before the message. Most lines are of the request of the line before them, within its millisecond: they share it. */
class TextHead {
  private readonly clock = new LocalTime();
  private readonly load = new LoadText();
  private level: LogLevel | undefined;
  private time = Number.NaN;
  private logId = '';
  private start = '';
  private text = '';

  of({ level, time, logId, usage }: LineParts): string {
    const isOfLast = time === this.time && level === this.level;
    if (!this.load.read(usage) && isOfLast && logId === this.logId) return this.text;
    if (!isOfLast) this.start = whole('[', this.clock.format(time), '] [pid:', process.pid, '] [level:', level, '] [logid:');
    this.level = level;
    this.time = time;
    this.logId = logId;
    this.text = this.start + safe(logId) + this.load.text;
    return this.text;
  }
}

/** The machine's load as it stands in a line; it changes with each sample only. */
class LoadText {
  text = '';
  private cpu = Number.NaN;
  private memory = Number.NaN;
  private gpu = Number.NaN;

  /** @returns whether it says something else now */
  read({ cpu, memory, gpu }: ResourceUsage): boolean {
    if (cpu === this.cpu && memory === this.memory && gpu === this.gpu) return false;
    this.cpu = cpu;
    this.memory = memory;
    this.gpu = gpu;
    this.text = whole('] [CPU: ', percent(cpu), '] [Memory: ', percent(memory), '] [GPU: ', percent(gpu), '] ');
    return true;
  }
}

/** A text in one piece: what is part of many lines is then copied into each at once. */
function whole(...parts: readonly (string | number)[]): string {
  return parts.join('');
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
        message: message.text,
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

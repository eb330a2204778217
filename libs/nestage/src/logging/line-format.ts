import type { Clock } from '../common/clock.js';
import type { LogLevel } from '../core/log/log-writer.js';
import type { ResourceUsage } from '../core/resources/resource-usage.js';
import { callerPlace } from './caller-place.js';
import { escapeControls } from './values/escape-controls.js';
import { LocalTime } from './local-time.js';
import type { LogFormat } from './logging.options.js';

/** What every line tells besides its message. @internal */
export interface LineSource {
  readonly clock: Clock;
  readonly usage: () => ResourceUsage;
  /** Whether lines tell `file:line` of the code that logs. */
  readonly caller: boolean;
}

/** Makes lines, without their ends, of messages whose secrets are masked. @internal */
export interface LineFormat {
  line(level: LogLevel, message: string, logId: string): string;
  /** As `line`, of a message that holds no control character. */
  plain(level: LogLevel, message: string, logId: string): string;
}

const UNSAFE_IN_LOG_ID = /[^A-Za-z0-9._:-]/g;

/** A format with its own memory of the current second. @internal */
export function lineFormat(format: LogFormat, source: LineSource): LineFormat {
  return format === 'text' ? new TextFormat(source) : new JsonFormat(source);
}

/** `[2024-02-07 16:17:06,436] [pid:80550] [level:INFO] [logid:17072938263441553] [CPU: 31.8] [Memory: 93.2] [GPU: 0] message` */
class TextFormat implements LineFormat {
  private readonly head: TextHead;

  constructor(private readonly source: LineSource) {
    this.head = new TextHead(source);
  }

  line(level: LogLevel, message: string, logId: string): string {
    return this.plain(level, escapeControls(message), logId);
  }

  plain(level: LogLevel, message: string, logId: string): string {
    const head = this.head.of(level, logId);
    return this.source.caller ? head + placeText(callerPlace()) + message : head + message;
  }
}

/** What stands before the message. Most lines are of the request of the line before them, within its millisecond: they share it. */
class TextHead {
  private readonly time = new LocalTime();
  private readonly load = new LoadText();
  private level: LogLevel | undefined;
  private at = Number.NaN;
  private logId = '';
  private start = '';
  private text = '';

  constructor(private readonly source: LineSource) {}

  of(level: LogLevel, logId: string): string {
    const { clock, usage } = this.source;
    const now = clock.now();
    const isOfLast = now === this.at && level === this.level;
    if (!this.load.read(usage()) && isOfLast && logId === this.logId) return this.text;
    if (!isOfLast) this.start = whole('[', this.time.format(now), '] [pid:', process.pid, '] [level:', level, '] [logid:');
    this.level = level;
    this.at = now;
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
class JsonFormat implements LineFormat {
  private readonly time = new LocalTime();

  constructor(private readonly source: LineSource) {}

  line(level: LogLevel, message: string, logId: string): string {
    const { clock, usage, caller } = this.source;
    const { cpu, memory, gpu } = usage();
    return escapeControls(
      JSON.stringify({
        time: this.time.format(clock.now()),
        pid: process.pid,
        level,
        logid: safe(logId),
        cpu: percent(cpu),
        memory: percent(memory),
        gpu: percent(gpu),
        caller: caller ? callerPlace() : undefined,
        message,
      }),
    );
  }

  /** Also JSON has more to escape than a plain message does. */
  plain(level: LogLevel, message: string, logId: string): string {
    return this.line(level, message, logId);
  }
}

function placeText(place: string | undefined): string {
  return place === undefined ? '' : `[${escapeControls(place)}] `;
}

/** One decimal at most, as the original writes it: `31.8`, `0`. */
function percent(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}

/** A log id may be the caller's own: it must not open fields of its own. */
function safe(logId: string): string {
  return logId.replace(UNSAFE_IN_LOG_ID, '_');
}

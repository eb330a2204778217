import { randomInt } from 'node:crypto';
import type { Clock } from '../../common/clock.js';

const SAFE_LOG_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const COUNTER_SIZE = 10_000;
const ASKED_BY = ['logid', 'x-request-id'] as const;

/** Request headers, names in lower case. @internal */
export type HeaderBag = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The log id that a caller asked for: `logid`, else `x-request-id`, when it is made of letters, digits and `. _ : -` and at most
 * 128 long (anything else could forge log lines or headers), else the trace id of a valid W3C `traceparent`.
 * @internal
 */
export function acceptLogId(headers: HeaderBag): string | undefined {
  for (const name of ASKED_BY) {
    const value = headers[name];
    if (typeof value === 'string' && SAFE_LOG_ID.test(value)) return value;
  }
  const { traceparent } = headers;
  const traceId = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return traceId && traceId !== NO_TRACE ? traceId : undefined;
}

/**
 * Mints log ids of 19 digits: 13 of the millisecond, 2 of the worker, 4 of a counter. The counter starts anywhere and runs through
 * all its values before one comes back; when a millisecond has used them up, ids go on in the next one, so none repeats in a process.
 * @internal
 */
export class LogIdMint {
  private millisecond = 0;
  private used = 0;
  private counter = randomInt(COUNTER_SIZE);
  private prefix = '';
  private readonly worker: string;

  /** @param worker number of this process among those that share a log, 0 to 99 */
  constructor(
    worker: number,
    private readonly clock: Clock,
  ) {
    this.worker = String(worker % 100).padStart(2, '0');
  }

  mint(): string {
    const now = this.clock.now();
    if (now > this.millisecond) this.enter(now);
    else if (this.used === COUNTER_SIZE) this.enter(this.millisecond + 1);
    this.used++;
    this.counter = (this.counter + 1) % COUNTER_SIZE;
    return this.prefix + String(this.counter).padStart(4, '0');
  }

  private enter(millisecond: number): void {
    this.millisecond = millisecond;
    this.prefix = `${millisecond}${this.worker}`;
    this.used = 0;
  }
}

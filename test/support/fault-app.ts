import { Injectable } from '@nestjs/common';
import { BusinessError, FatalError, ModelError, type StageContext, StageHandler } from 'nestage';

/** No test waits for so long: what lasts an hour here has to be ended by what the test is about. */
export const HOUR_MS = 3_600_000;

/** A promise with its end in the test's hands. */
export class Latch {
  private resolve!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.resolve = resolve));

  open(): void {
    this.resolve();
  }
}

/** What handlers saw and what tests want of them; one for each app. */
@Injectable()
export class Faults {
  readonly calls: string[] = [];
  /** How many of the next calls fail. */
  failures = 0;
  /** Holds calls of `run` until it is opened. */
  latch: Latch | undefined;
  /** Signals that handlers were given. */
  readonly signals: AbortSignal[] = [];
}

export interface FaultRequest {
  readonly how?: string;
  readonly ms?: number;
}

/** Waits as a good handler does: stops at once with the signal's reason, and leaves neither timer nor listener. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Ignores every signal. */
const stubborn = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function misbehave({ how, ms = 20 }: FaultRequest, context: StageContext, faults: Faults): Promise<unknown> {
  faults.calls.push(how ?? 'ok');
  switch (how) {
    case 'hang':
      return new Promise(() => undefined);
    case 'slow':
      await pause(ms, context.signal);
      return { slow: true };
    case 'late':
      await faults.latch?.opened;
      return { late: true };
    case 'late-error':
      await faults.latch?.opened;
      throw new Error('too late to matter');
    case 'string':
      throw 'just a string'; // eslint-disable-line @typescript-eslint/only-throw-error -- what users' code does
    case 'null':
      throw null; // eslint-disable-line @typescript-eslint/only-throw-error -- what users' code does
    case 'business':
      throw new BusinessError('no such order');
    case 'refused':
      throw new ModelError('upstream refused', { cause: Object.assign(new Error('bad request'), { status: 400 }) });
    case 'busy':
      // It asks for a second, then for more than any deadline leaves.
      throw new ModelError('upstream busy', { code: 'model_overloaded', retryAfterSeconds: faults.calls.length === 1 ? 1 : 3600 });
    case 'fatal':
      throw new FatalError('the device is lost');
    case 'background':
      // Goes on after the answer, as forgotten promises do; a listener of its own keeps the process alive.
      void stubborn(5).then(() => faults.calls.push('background went on'));
      return { background: true };
    default:
      if (faults.failures > 0) {
        faults.failures--;
        throw new ModelError('the model failed');
      }
      await faults.latch?.opened;
      return { ok: true };
  }
}

@StageHandler('/plain', { request: false })
export class PlainHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/hurried', { request: false, timeoutMs: 300, abandonedPermitMs: HOUR_MS })
export class HurriedHandler {
  constructor(private readonly faults: Faults) {}

  async preProcess(request: FaultRequest): Promise<FaultRequest> {
    if (request.how === 'preProcess') await new Promise(() => undefined);
    return request;
  }

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/patient', {
  request: false,
  retry: { attempts: 2, baseMs: HOUR_MS / 2, maxMs: HOUR_MS },
  timeoutMs: HOUR_MS,
  abandonedPermitMs: 100,
})
export class PatientHandler {
  constructor(private readonly faults: Faults) {}

  async preProcess(request: FaultRequest, { signal }: StageContext): Promise<FaultRequest> {
    this.faults.signals.push(signal);
    if (request.how !== 'preProcess') return request;
    this.faults.calls.push('preProcess');
    await pause(HOUR_MS, signal);
    return request;
  }

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/narrow', { request: false, concurrency: 1, queue: 2 })
export class NarrowHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/impatient', { request: false, concurrency: 1, queue: 5, queueTimeoutMs: 50 })
export class ImpatientHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/retried', { request: false, retry: { attempts: 3, baseMs: 10 } })
export class RetriedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/guarded', { request: false, breaker: { errorThreshold: 2, resetIntervalMs: HOUR_MS } })
export class GuardedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/recovering', { request: false, breaker: { errorThreshold: 2, resetIntervalMs: 200 } })
export class RecoveringHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/degraded', { request: false, breaker: { errorThreshold: 1, resetIntervalMs: HOUR_MS } })
export class DegradedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }

  fallback(request: FaultRequest): unknown {
    if (request.how === 'fallback-fails') throw new Error('nothing cached');
    return { cached: true };
  }

  postProcess(result: unknown): unknown {
    return { processed: result };
  }
}

@StageHandler('/spare', { request: false })
export class SpareHandler {
  run(request: FaultRequest): unknown {
    return { spare: request.how };
  }

  postProcess(result: object): unknown {
    return { ...result, by: 'spare' };
  }
}

@StageHandler('/handed', { request: false, fallbackTo: SpareHandler, fallbackOn: 'error' })
export class HandedHandler {
  constructor(private readonly faults: Faults) {}

  preProcess({ how }: FaultRequest): FaultRequest {
    return { how: how === 'prepared' ? 'was prepared' : how };
  }

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    if (request.how === 'was prepared') throw new ModelError('the model failed');
    return misbehave(request, context, this.faults);
  }

  postProcess(): unknown {
    return { by: 'handed' };
  }
}

async function* misbehaveInItems({ how }: FaultRequest, { signal }: StageContext, faults: Faults): AsyncGenerator<unknown> {
  faults.calls.push(`stream ${how}`);
  faults.signals.push(signal);
  try {
    if (how === 'before' && faults.failures-- > 0) throw new ModelError('no first item');
    yield { item: 1 };
    if (how === 'midway') throw new ModelError('broke midway');
    if (how === 'stuck') await pause(HOUR_MS, signal);
    if (how === 'endless')
      for (let item = 2; ; item++) {
        await pause(20, signal);
        yield { item };
      }
    yield { item: 2 };
  } finally {
    faults.calls.push(`stream ${how} over`);
  }
}

@StageHandler('/stream', {
  request: false,
  concurrency: 8,
  retry: { attempts: 3, baseMs: 5 },
  itemTimeoutMs: HOUR_MS,
  streamTimeoutMs: HOUR_MS,
})
export class StreamHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): AsyncGenerator<unknown> {
    return misbehaveInItems(request, context, this.faults);
  }
}

/** `timeoutMs` leaves enough time for the first item where the machine is slow. */
@StageHandler('/brief-stream', { request: false, timeoutMs: 2500, itemTimeoutMs: HOUR_MS, streamTimeoutMs: 3500 })
export class BriefStreamHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): AsyncGenerator<unknown> {
    return misbehaveInItems(request, context, this.faults);
  }
}

@StageHandler('/stalling-stream', { request: false, itemTimeoutMs: 150, streamTimeoutMs: HOUR_MS })
export class StallingStreamHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): AsyncGenerator<unknown> {
    return misbehaveInItems(request, context, this.faults);
  }
}

export const FAULT_HANDLERS = [
  Faults,
  PlainHandler,
  HurriedHandler,
  PatientHandler,
  NarrowHandler,
  ImpatientHandler,
  RetriedHandler,
  GuardedHandler,
  RecoveringHandler,
  DegradedHandler,
  SpareHandler,
  HandedHandler,
  StreamHandler,
  BriefStreamHandler,
  StallingStreamHandler,
] as const;

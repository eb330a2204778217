import { Injectable } from '@nestjs/common';
import { BusinessError, FatalError, ModelError, type StageContext, StageHandler } from 'nestage';

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
      await stubborn(ms);
      return { late: true };
    case 'late-error':
      await stubborn(ms);
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
      throw new ModelError('upstream busy', { code: 'model_overloaded', retryAfterSeconds: 1 });
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

@StageHandler('/plain', { request: false, timeoutMs: 300, abandonedPermitMs: 400 })
export class PlainHandler {
  constructor(private readonly faults: Faults) {}

  async preProcess(request: FaultRequest): Promise<FaultRequest> {
    if (request.how === 'preProcess') await new Promise(() => undefined);
    return request;
  }

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/patient', { request: false, retry: { attempts: 2, baseMs: 60_000 }, timeoutMs: 120_000, abandonedPermitMs: 100 })
export class PatientHandler {
  constructor(private readonly faults: Faults) {}

  async preProcess(request: FaultRequest, { signal }: StageContext): Promise<FaultRequest> {
    this.faults.signals.push(signal);
    if (request.how !== 'preProcess') return request;
    this.faults.calls.push('preProcess');
    await pause(60_000, signal);
    return request;
  }

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/flooded', { request: false, concurrency: 4, queue: 8 })
export class FloodedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    this.faults.calls.length = 0; // a flood would fill it
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/narrow', { request: false, concurrency: 1, queue: 2, timeoutMs: 5000, queueTimeoutMs: 4000 })
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

@StageHandler('/retried', { request: false, timeoutMs: 3000, retry: { attempts: 3, baseMs: 10 } })
export class RetriedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/guarded', { request: false, timeoutMs: 2000, breaker: { errorThreshold: 2, resetIntervalMs: 200 } })
export class GuardedHandler {
  constructor(private readonly faults: Faults) {}

  run(request: FaultRequest, context: StageContext): Promise<unknown> {
    return misbehave(request, context, this.faults);
  }
}

@StageHandler('/degraded', { request: false, breaker: { errorThreshold: 1, resetIntervalMs: 60_000 } })
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

@StageHandler('/stream', {
  request: false,
  concurrency: 8,
  timeoutMs: 2000,
  itemTimeoutMs: 150,
  streamTimeoutMs: 600,
  retry: { attempts: 3, baseMs: 5 },
})
export class StreamHandler {
  constructor(private readonly faults: Faults) {}

  async *run({ how }: FaultRequest, { signal }: StageContext): AsyncGenerator<unknown> {
    this.faults.calls.push(`stream ${how}`);
    this.faults.signals.push(signal);
    try {
      if (how === 'before' && this.faults.failures-- > 0) throw new ModelError('no first item');
      yield { item: 1 };
      if (how === 'midway') throw new ModelError('broke midway');
      if (how === 'stuck') await pause(10_000, signal);
      if (how === 'unhurried') await pause(100, signal);
      if (how === 'endless')
        for (let item = 2; ; item++) {
          await pause(20, signal);
          yield { item };
        }
      yield { item: 2 };
    } finally {
      this.faults.calls.push(`stream ${how} over`);
    }
  }
}

export const FAULT_HANDLERS = [
  Faults,
  PlainHandler,
  PatientHandler,
  FloodedHandler,
  NarrowHandler,
  ImpatientHandler,
  RetriedHandler,
  GuardedHandler,
  DegradedHandler,
  SpareHandler,
  HandedHandler,
  StreamHandler,
] as const;

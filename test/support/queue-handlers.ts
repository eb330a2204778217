import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { BadRequestException } from '@nestjs/common';
import { BinaryResult, BusinessError, ModelError, type StageContext, StageHandler, StageModel } from 'nestage';

/** What a route's runs have seen in this process, and the model that they need. */
@StageModel()
export class QueueModel {
  initialized = 0;
  readonly aborted: unknown[] = [];
  readonly batches: number[] = [];
  taken = 0;
  initialize(): void {
    this.initialized++;
  }
}

/** Answers by what it is asked for. */
@StageHandler('/run', { request: false, execution: 'queue', timeoutMs: 20_000 })
export class RunHandler {
  constructor(readonly model: QueueModel) {}

  preProcess(body: { kind: string }): unknown {
    if (body.kind === 'rich')
      return { ...body, at: new Date(0), map: new Map([['a', 1n]]), bytes: Buffer.from([1, 2, 3]), none: undefined };
    if (body.kind === 'large') return { ...body, bytes: Buffer.alloc(2_000_000, 7) };
    return body;
  }

  run(input: { kind: string; text?: string; bytes?: Buffer; at?: Date; map?: Map<string, bigint> }, context: StageContext): unknown {
    switch (input.kind) {
      case 'rich':
        return [types.isDate(input.at), input.map?.get('a') === 1n, Buffer.isBuffer(input.bytes) && [...input.bytes], 'none' in input];
      case 'large':
        return { bytes: Buffer.concat([input.bytes ?? Buffer.alloc(0)]).fill(8) };
      case 'context':
        context.response.status = 202;
        context.response.setHeader('x-by', 'worker');
        return { logId: context.logId, origin: context.origin, path: context.path, headers: context.headers, deadline: context.deadline };
      case 'business':
        throw new BusinessError('It is paid already', { status: 409 });
      case 'nest':
        throw new BadRequestException('It is not wanted');
      case 'model':
        throw new ModelError('the upstream at 10.0.0.1 is busy', { code: 'model_overloaded', retryAfterSeconds: 7 });
      case 'unknown':
        throw new TypeError('secret of the worker');
      case 'binary':
        return new BinaryResult(Buffer.from('pixels'), { type: 'image/png', filename: 'page.png' });
      case 'slow':
        return this.untilAborted(context);
      default:
        return input.text;
    }
  }

  postProcess(result: unknown): unknown {
    const { bytes } = (result ?? {}) as { bytes?: Buffer };
    return bytes ? { length: bytes.length, last: bytes.at(-1) } : result instanceof BinaryResult ? result : { result };
  }

  private async untilAborted({ signal }: StageContext): Promise<never> {
    try {
      await sleep(30_000, undefined, { signal });
    } finally {
      this.model.aborted.push((signal.reason as { abortCause?: unknown } | undefined)?.abortCause);
    }
    throw new Error('nobody has aborted it');
  }
}

/** Gives as many items as it is asked for. */
@StageHandler('/stream', { request: false, execution: 'queue' })
export class StreamHandler {
  constructor(readonly model: QueueModel) {}

  async *run({ items, failsAt }: { items: number; failsAt?: number }, { signal, response }: StageContext): AsyncGenerator<unknown> {
    response.setHeader('x-items', items);
    try {
      for (let n = 1; n <= items; n++) {
        if (n === failsAt) throw new ModelError('out of tokens');
        signal.throwIfAborted();
        this.model.taken = n;
        yield { n };
      }
    } finally {
      if (signal.aborted) this.model.aborted.push('stream');
    }
  }

  postProcess({ n }: { n: number }): object {
    return { item: n };
  }
}

/** Runs many at once. */
@StageHandler('/batch', { request: false, execution: 'queue', batch: { maxSize: 4, maxWaitMs: 200 } })
export class BatchHandler {
  constructor(readonly model: QueueModel) {}

  run(): never {
    throw new Error('only batches are run');
  }

  runBatch(inputs: readonly { n: number }[]): unknown[] {
    this.model.batches.push(inputs.length);
    return inputs.map(({ n }) => (n < 0 ? new BusinessError('it must not be negative') : { n: n * 10 }));
  }
}

/** Needs no queue. */
@StageHandler('/local', { request: false })
export class LocalHandler {
  run(): object {
    return { isLocal: true };
  }
}

export const QUEUE_HANDLERS = [QueueModel, RunHandler, StreamHandler, BatchHandler, LocalHandler];

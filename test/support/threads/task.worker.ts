import { threadId } from 'node:worker_threads';
import {
  BinaryResult,
  BusinessError,
  FatalError,
  ModelError,
  transfer,
  ValidationError,
  type WorkerContext,
  type WorkerCounter,
  type WorkerSetup,
  type WorkerTask,
} from 'nestage/threads/worker';

/** What a worker is asked to do, and to what extent. */
export interface Order {
  readonly kind: string;
  readonly count?: number;
}

/** An error of the app's own. */
class ToolError extends ModelError {
  override readonly name = 'ToolError';
  readonly tool = 'hammer';
}

/** Does whatever a test asks for, bad things included. */
export default class TaskWorker implements WorkerTask<Order, unknown> {
  private data: unknown;
  private logger: WorkerSetup['logger'];
  private tasks: WorkerCounter<'kind'>;
  private itemsMade = 0;

  async initialize({ data, logger, metrics }: WorkerSetup<{ readonly refuse?: boolean } | undefined>): Promise<void> {
    logger.info(`initialize of ${threadId}`);
    this.data = data;
    this.logger = logger;
    if (data?.refuse) throw new ModelError('no weights here');
    this.tasks = metrics.counter({ name: 'test_tasks_total', help: 'Tasks by kind.', labelNames: ['kind'] });
    metrics.histogram({ name: 'test_start_seconds', help: 'Starts.', buckets: [1, 10] }).observe(0.5);
  }

  run(order: Order, context: WorkerContext): unknown {
    context.logger.info(`at ${order.kind}`);
    this.tasks.inc(1, { kind: order.kind });
    const work = (this as unknown as Record<string, (order: Order, context: WorkerContext) => unknown>)[order.kind];
    return work.call(this, order, context);
  }

  runBatch(orders: Order[], contexts: WorkerContext[]): unknown[] {
    if (orders.some(({ kind }) => kind === 'exit')) process.exit(7);
    return orders.map(({ kind }, index) =>
      kind === 'refuse' ? new BusinessError('not this one') : { kind, size: orders.length, logId: contexts[index].logId },
    );
  }

  dispose(): void {
    this.logger.info(`dispose of ${threadId}`);
  }

  protected echo(_order: Order, { logId, path, headers, origin, deadline }: WorkerContext): unknown {
    return { threadId, logId, path, origin, hasDeadline: deadline !== undefined, traceparent: headers['traceparent'], data: this.data };
  }

  protected bytes(): unknown {
    return new BinaryResult(transfer(new Uint8Array([1, 2, 3])), { type: 'image/x-test', filename: 'three.bin' });
  }

  protected large({ count = 0 }: Order): unknown {
    const data = new Uint8Array(count).fill(7);
    return transfer({ data, detachedAfter: 'the result left' }, [data.buffer]);
  }

  protected function(): unknown {
    return { callback: () => 'functions stay in their thread' };
  }

  protected invalid(): never {
    throw new ValidationError('This is invalid', { fields: [{ field: 'kind', messages: ['is invalid'] }], cause: new Error('deep down') });
  }

  protected business(): never {
    throw new BusinessError('This was paid already', { status: 409 });
  }

  protected tool(): never {
    throw new ToolError('a secret of the tool', { code: 'model_overloaded', retryAfterSeconds: 9 });
  }

  protected fatal(): never {
    throw new FatalError('the device is lost');
  }

  protected plain(): never {
    throw Object.assign(new TypeError('plain and secret'), { code: 'E_PLAIN' });
  }

  protected text(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what libraries do
    throw 'only a text';
  }

  protected exit(): never {
    process.exit(3);
  }

  protected async later(): Promise<never> {
    setTimeout(() => {
      throw new Error('thrown out of any task');
    }, 5);
    return new Promise(() => undefined);
  }

  protected memory(): never {
    const hoard: unknown[] = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard));
  }

  /** Never looks up. */
  protected spin(): never {
    for (;;);
  }

  /** Never waits, and looks up now and then. */
  protected compute(_order: Order, { signal, logger }: WorkerContext): unknown {
    for (let turns = 0; turns < 1e10; turns++) {
      if (turns % 1000 === 0 && signal.aborted) {
        logger.info(`stopped by ${(signal.reason as { abortCause: string }).abortCause}`);
        signal.throwIfAborted();
      }
    }
    return 'nobody stopped me';
  }

  /** Waits, and hears of the abort by its event. */
  protected wait(_order: Order, { signal, logger }: WorkerContext): unknown {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        logger.info(`heard of ${(signal.reason as { abortCause: string }).abortCause}`);
        reject(signal.reason as Error);
      });
    });
  }

  protected sleep({ count = 0 }: Order): unknown {
    return new Promise((resolve) => setTimeout(() => resolve(`slept ${count}`), count));
  }

  protected async *stream({ count = 0 }: Order, { logger }: WorkerContext): AsyncGenerator<unknown> {
    try {
      for (let index = 0; index < count; index++) {
        this.itemsMade = index + 1;
        yield { index };
      }
    } finally {
      logger.info(`stream ended after ${this.itemsMade}`);
    }
  }

  /** Comes to its stream some time after it was called, whatever its signal says. */
  protected async tardy({ count = 0 }: Order, context: WorkerContext): Promise<AsyncGenerator<unknown>> {
    await new Promise((resolve) => setTimeout(resolve, count));
    return this.stream({ kind: 'stream', count: 1e9 }, context);
  }

  protected async *broken({ count = 0 }: Order): AsyncGenerator<unknown> {
    for (let index = 0; index < count; index++) yield { index };
    throw new ModelError('the stream broke');
  }
}

import type { MessagePort } from 'node:worker_threads';
import { isAsyncIterable } from '../../common/type-guards.js';
import { ModelError, ProcessingError } from '../../core/errors/service-errors.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import { StageLogger } from '../../core/log/stage-logger.js';
import { toBinaryResult } from '../../core/stage/binary-result.js';
import type { FromWorker, TaskMessage, ThreadMethods, ThreadStart, ToWorker, WireResult } from '../wire/messages.js';
import { toWireError } from '../../core/errors/wire-error.js';
import { transfersOf } from '../wire/transfer.js';
import { OutgoingStream } from './outgoing-stream.js';
import { TaskContext } from './task-context.js';
import { ThreadLogWriter } from './thread-log-writer.js';
import { toWireResult, transfersOfResult } from './wire-result.js';
import { WorkerMetrics } from './worker-metrics.js';
import type { WorkerSetup, WorkerTask } from './worker-task.js';

type Constructor = new () => WorkerTask<unknown, unknown>;

/** The task that a thread is at. */
interface CurrentTask {
  readonly id: number;
  readonly contexts: readonly TaskContext[];
  stream?: OutgoingStream;
}

/** One worker thread from the inside: makes the user's class and runs its methods, one task at a time. @internal */
export class Thread {
  private port!: MessagePort;
  private writer!: LogWriter;
  private worker!: WorkerTask<unknown, unknown>;
  private current: CurrentTask | undefined;

  async start({ url, data, levels, port }: ThreadStart): Promise<void> {
    this.port = port;
    this.writer = new ThreadLogWriter(levels, (message) => this.send(message));
    port.on('message', (message: ToWorker) => this.hear(message));
    try {
      const worker = new (await importWorker(url))();
      if (typeof worker.run !== 'function')
        throw new Error(`The worker class of ${url} has no run(): give it a method run(input, context).`);
      this.worker = worker;
      await worker.initialize?.(this.setup(data) as WorkerSetup<never>);
      const methods: ThreadMethods = { run: true, runBatch: typeof worker.runBatch === 'function' };
      this.send({ type: 'started', methods });
    } catch (error) {
      this.send({ type: 'failed', error: toWireError(error) });
    }
  }

  /** Runs one task; whatever comes of it is told by messages. */
  async execute({ id, method, input, contexts: requests, aborts }: TaskMessage): Promise<void> {
    const contexts = requests.map((request, index) => new TaskContext({ request, index, aborts, writer: this.writer }));
    const task: CurrentTask = { id, contexts };
    this.current = task;
    const since = performance.now();
    let results: WireResult | readonly WireResult[] | undefined;
    let given: unknown;
    try {
      given =
        method === 'run' ? await this.worker.run(input, contexts[0]) : await this.worker.runBatch?.(input as unknown[], [...contexts]);
      if (method === 'runBatch') results = batchResults(given, contexts.length);
      else if (isAsyncIterable(given) && !toBinaryResult(given)) await this.stream(task, given);
      else results = toWireResult(given);
    } catch (error) {
      results = { error: toWireError(error) };
    }
    this.current = undefined;
    this.finish({ type: 'done', id, results, activeMs: task.stream?.activeMs ?? performance.now() - since }, given);
  }

  async dispose(): Promise<void> {
    await this.worker.dispose?.();
  }

  private async stream(task: CurrentTask, items: AsyncIterable<unknown>): Promise<void> {
    const { id } = task;
    const send = (item: unknown): void =>
      cloned(`An item of the stream`, () => this.port.postMessage({ type: 'item', id, item }, transfersOf(item)));
    task.stream = new OutgoingStream({ items, send });
    this.send({ type: 'open', id });
    await task.stream.pump();
  }

  /** A result that can't be cloned is an error of its task, and no end of the thread. */
  private finish(done: Extract<FromWorker, { type: 'done' }>, given: unknown): void {
    try {
      const transfers = done.results ? transfersOfResult(given) : [];
      cloned('The result', () => this.port.postMessage(done, transfers));
    } catch (error) {
      this.send({ ...done, results: { error: toWireError(error) } });
    }
  }

  private hear(message: ToWorker): void {
    const { current } = this;
    if (current?.id !== message.id) return;
    if (message.type === 'abort') for (const context of current.contexts) context.look();
    else if (message.type === 'credit') current.stream?.addCredit(message.items);
    else current.stream?.return();
  }

  private setup(data: unknown): WorkerSetup {
    return {
      data,
      logger: new StageLogger(this.writer, 'default'),
      metrics: new WorkerMetrics((metric) => this.send({ type: 'metric', metric })),
    };
  }

  private send(message: FromWorker): void {
    this.port.postMessage(message);
  }
}

async function importWorker(url: string): Promise<Constructor> {
  const module = (await import(url)) as { readonly default?: unknown };
  // what was compiled to CommonJS has its default export one level further down
  const exported = (module.default as { readonly default?: unknown } | undefined)?.default ?? module.default;
  if (typeof exported === 'function') return exported as Constructor;
  throw new Error(`${url} exports no worker class: let its default export be a class with a method run(input, context).`);
}

function batchResults(results: unknown, inputs: number): readonly WireResult[] {
  if (Array.isArray(results) && results.length === inputs) return results.map((result) => toWireResult(result));
  throw new ModelError(
    `runBatch gave ${Array.isArray(results) ? `${results.length} results` : 'no array of results'} for ${inputs} inputs`,
  );
}

function cloned(what: string, post: () => void): void {
  try {
    post();
  } catch (cause) {
    throw new ProcessingError(`${what} can't leave the worker: ${(cause as Error).message}`, { cause });
  }
}

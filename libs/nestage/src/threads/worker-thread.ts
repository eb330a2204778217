import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import { ModelError, ProcessingError } from '../core/errors/service-errors.js';
import type { LogLevel } from '../core/log/log-writer.js';
import { settledWithin } from './settled-within.js';
import { describeThreadEnd, type ThreadEnd } from './thread-end.js';
import type { ThreadSource } from './thread-source.js';
import type { FromWorker, ThreadMethods, ThreadStart } from './wire/messages.js';
import { fromWireError } from '../core/errors/wire-error.js';
import type * as ThreadEntry from './worker/thread-entry.js';
import type { WorkerCall } from './worker-call.js';
import type { ResolvedWorkerOptions } from './worker.options.js';

/** Who a thread tells of its life. @internal */
export interface ThreadObserver {
  /** Lines and metrics from inside. */
  readonly hear: (message: Extract<FromWorker, { type: 'log' | 'metric' }>) => void;
  /** A call is over, and the thread takes the next one. */
  readonly freed: (call: WorkerCall) => void;
  /** It ended without being told to; its call, if it had one, has failed. */
  readonly ended: (end: ThreadEnd, call: WorkerCall | undefined) => void;
}

/** @internal */
export interface WorkerThreadInit {
  readonly options: ResolvedWorkerOptions;
  readonly source: ThreadSource;
  readonly levels: readonly LogLevel[];
  readonly clock: Clock;
  readonly observer: ThreadObserver;
}

/** A function of the entry. Its type tells compilers, too, that the file belongs to the program: threads load it by its name. */
const entry = (name: keyof typeof ThreadEntry): string => name;

/** How long an `initialize` that can't be cut short is waited for when its thread is to end. */
const START_END_MS = seconds(10);
/** How long the worker's `dispose` is waited for. */
const DISPOSE_MS = seconds(5);

/**
 * One worker thread from the outside, from its start to its end: a piscina with a single thread, so that we choose who works on what and
 * when an ended thread is replaced.
 * @internal
 */
export class WorkerThread {
  methods: ThreadMethods = { run: false, runBatch: false };
  private readonly engine: Piscina;
  private port: MessagePort | undefined;
  private call: WorkerCall | undefined;
  private starting: Promise<void> = Promise.resolve();
  private startFailure: Error | undefined;
  private lastError: unknown;
  private isStarted = false;
  private isGone = false;
  private intent: 'stop' | 'kill' | undefined;
  private disarm: () => void = () => undefined;

  constructor(private readonly init: WorkerThreadInit) {
    const { source, options } = init;
    this.engine = new Piscina({
      filename: source.entryFile,
      name: entry('execute'),
      minThreads: 0, // an ended thread is replaced by us
      maxThreads: 1,
      idleTimeout: Infinity,
      ...(source.execArgv && { execArgv: source.execArgv }),
      ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
      atomics: 'disabled', // waiting by Atomics would stop the thread's event loop between tasks
      recordTiming: false,
    });
    this.engine.on('error', (error: unknown) => void (this.lastError = error));
    this.engine.on('workerDestroy', () => this.gone());
  }

  get isIdle(): boolean {
    return this.isStarted && !this.isGone && !this.call && !this.intent;
  }

  /** Resolves when the worker's `initialize` is over; rejects with what it threw, or with why the thread ended. */
  start(): Promise<void> {
    this.starting = this.startEngine();
    return this.starting;
  }

  private async startEngine(): Promise<void> {
    const { options, source, levels } = this.init;
    const { port1, port2 } = new MessageChannel();
    this.port = port1.on('message', (message: FromWorker) => this.hear(message));
    port1.unref(); // a task keeps the process alive, a thread does not
    const start: ThreadStart = { url: source.workerUrl, data: options.data, levels, port: port2 };
    try {
      await this.engine.run(start, { name: entry('start'), transferList: [port2] });
    } catch (error) {
      throw this.isGone ? new ModelError(`The worker thread ${describeThreadEnd(error, false).text}`, { cause: error }) : error;
    }
    this.drain();
    if (this.startFailure) throw this.startFailure;
    this.isStarted = true;
  }

  execute(call: WorkerCall): void {
    this.call = call;
    call.begin(this.port as MessagePort);
    call.onAbandoned = () => this.arm();
    this.engine.run(call.message, { name: entry('execute'), transferList: call.transfers }).then(
      () => this.over(call),
      (error: unknown) => this.broken(call, error),
    );
  }

  /**
   * Lets the worker dispose of what it holds, unless it is at work, and ends the thread. Where threads must not be ended within native code,
   * an `initialize` that goes on is waited for, too.
   */
  async end(): Promise<void> {
    const { options, clock } = this.init;
    this.intent = 'stop';
    if (!this.isStarted && options.killAfterMs === false) await settledWithin(START_END_MS, this.starting, clock);
    if (this.isStarted && !this.isGone && !this.call) await settledWithin(DISPOSE_MS, this.dispose(), clock);
    await this.destroy();
  }

  private async dispose(): Promise<void> {
    await this.engine.run(undefined, { name: entry('dispose') }).catch((error: unknown) => {
      const message = `Failed to dispose the worker ${this.init.options.name}: ${String((error as Error | undefined)?.message ?? error)}`;
      this.init.observer.hear({ type: 'log', level: 'WARNING', message, logId: 'default' });
    });
  }

  private async destroy(): Promise<void> {
    this.disarm();
    // of a thread that could not even be made it would reject a promise that nobody has
    if (this.engine.threads.length > 0) await this.engine.destroy();
    this.drain();
    this.port?.close();
  }

  /** The task goes on although nobody wants it: it gets some time to notice, if that is what the options say. */
  private arm(): void {
    const { options, clock } = this.init;
    if (options.killAfterMs === false) return;
    this.disarm = clock.schedule(options.killAfterMs, () => {
      this.intent ??= 'kill';
      void this.destroy();
    });
  }

  private over(call: WorkerCall): void {
    this.drain(); // messages and the end of a task come by different ways
    if (!call.outcome) call.fail(new ModelError(`The worker ${this.init.options.name} ended a task without a result`), 'error');
    this.free(call);
  }

  private broken(call: WorkerCall, error: unknown): void {
    this.lastError = error;
    if (this.isGone) return; // gone() tells
    const message = `The input of the worker ${this.init.options.name} can't be sent to it: ${(error as Error).message}`;
    call.fail(new ProcessingError(message, { cause: error }), 'error');
    this.free(call);
  }

  private free(call: WorkerCall): void {
    this.disarm();
    this.call = undefined;
    this.init.observer.freed(call);
  }

  /** Piscina tells that the thread has gone before it tells why. */
  private gone(): void {
    this.isGone = true;
    setImmediate(() => {
      this.drain();
      this.disarm();
      const { call, intent } = this;
      this.call = undefined;
      const end = describeThreadEnd(this.lastError, intent === 'kill');
      call?.fail(new ModelError(`The worker thread of ${this.init.options.name} ${end.text}`, { cause: end.error }));
      if (intent !== 'stop' && this.isStarted) this.init.observer.ended(end, call);
      else if (call) this.init.observer.freed(call);
    });
  }

  private drain(): void {
    for (let entry = this.receive(); entry; entry = this.receive()) this.hear(entry.message);
  }

  private receive(): { message: FromWorker } | undefined {
    return this.port && receiveMessageOnPort(this.port);
  }

  private hear(message: FromWorker): void {
    if (message.type === 'log' || message.type === 'metric') this.init.observer.hear(message);
    else if (message.type === 'started') this.methods = message.methods;
    else if (message.type === 'failed') this.startFailure = fromWireError(message.error);
    else if (this.call?.message.id === message.id) this.call.hear(message);
  }
}

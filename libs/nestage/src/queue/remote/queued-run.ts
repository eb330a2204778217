import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '../../common/clock.js';
import { delay } from '../../common/abort.js';
import { seconds } from '../../common/duration.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { TraceCarrier } from '../../core/context/trace-carrier.js';
import { routeKey, type StageRoute } from '../../core/discovery/stage-route.js';
import { ModelError } from '../../core/errors/service-errors.js';
import type { JobEngine } from '../../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobEvent, type JobSnapshot, type JobState } from '../../core/jobs/job.js';
import { BinaryResult } from '../../core/stage/binary-result.js';
import { resolveDeadlineOptions } from '../../resilience/deadline/deadline.options.js';
import { applyHead, fromWireFailure, type RunItem, type RunOrder, type RunResult, withoutSecrets } from './run-wire.js';
import type { ValueCodec, WireValue } from './value-codec.js';

/** @internal */
export interface QueuedRunInit {
  readonly engine: JobEngine;
  readonly codec: ValueCodec;
  readonly traces: TraceCarrier;
  readonly clock: Clock;
  readonly tries: number;
}

/** How long a result is kept for a process that is cut off from Redis, beyond its deadline. */
const KEEP_MS = seconds(10);
const LOOK_AGAIN_MS = 200;

/**
 * One `run` that a worker does: handed in as a job, waited for by its events, and called off with its request.
 * @internal
 */
export class QueuedRun {
  private readonly id = randomUUID();
  private readonly reading = new AbortController();
  private events: AsyncIterator<JobEvent> | undefined;
  private order: WireValue | undefined;
  /** As the last event has told it. */
  private told: unknown;
  private noteWait: () => void = () => undefined;
  private isOver = false;

  constructor(
    private readonly init: QueuedRunInit,
    private readonly route: StageRoute,
    private readonly context: RequestContext,
  ) {}

  /** @returns what `run` gave: a value, or items as they come */
  async of(input: unknown): Promise<unknown> {
    await this.handIn(input);
    const stopListening = this.context.onAbort(() => this.callOff());
    try {
      const first = await this.nextItem();
      if (first) return this.opened(first);
      stopListening();
      return await this.result();
    } catch (error) {
      this.callOff();
      throw error;
    }
  }

  private async handIn(input: unknown): Promise<void> {
    const { engine, codec, traces, clock, tries } = this.init;
    const { logId, headers, deadline } = this.context;
    const { timeoutMs, streamTimeoutMs: streamMs } = resolveDeadlineOptions(this.route.options);
    const until = deadline ?? clock.now() + timeoutMs;
    const keepMs = until - clock.now() + KEEP_MS;
    this.order = await codec.encode(input, keepMs + streamMs);
    const trace = traces.headers();
    const payload: RunOrder = { input: this.order, headers: { ...withoutSecrets(headers), ...trace }, streamMs };
    const { traceparent } = trace;
    const since = clock.elapsed();
    const events = await engine.addAndRead(
      {
        id: this.id,
        kind: 'run',
        route: routeKey(this.route),
        payload,
        logId,
        ...(traceparent !== undefined && { traceparent }),
        tries,
        deadline: until + streamMs,
        keepMs,
      },
      { signal: this.reading.signal },
    );
    this.events = events[Symbol.asyncIterator]();
    this.noteWait = () => (marksOf(this.context).waitedMs.queue ??= clock.elapsed() - since);
  }

  /** @returns the next item of a stream, or `undefined` when the job is over */
  private async nextItem(isBegun = false): Promise<RunItem | undefined> {
    for (;;) {
      const { done, value } = (await this.events?.next()) as IteratorResult<JobEvent, undefined>;
      if (this.context.abortedBy) throw this.context.abortedBy;
      if (done) throw new ModelError('The events of a job ended before it did');
      if (value.type === 'item') return value.data as RunItem;
      if (value.type === 'progress') continue;
      if (FINAL_JOB_STATES.has(value.data as JobState)) return this.end(value.result);
      if (value.data !== 'active') continue;
      if (isBegun) throw new ModelError('The worker was lost in the middle of its stream');
      this.noteWait();
    }
  }

  /** The first item is here; the rest follows as it is read. */
  private opened(first: RunItem): unknown {
    if (first.head) applyHead(this.context, first.head);
    const items = this.items(first);
    if (!first.binary) return items;
    const { type, filename } = first.binary;
    return new BinaryResult(Readable.from(items, { objectMode: false }), { type, ...(filename !== undefined && { filename }) });
  }

  private async *items(first: RunItem): AsyncGenerator<unknown, void, void> {
    try {
      for (let item: RunItem | undefined = first; item; item = await this.nextItem(true)) yield await this.take(item.i);
      await this.result();
    } finally {
      this.callOff();
    }
  }

  private async result(): Promise<unknown> {
    const end = (this.told ?? (await this.found())) as RunResult;
    this.init.engine.forget(this.id).catch(() => undefined); // it is forgotten in its time
    if (end.kind === 'error') throw fromWireFailure(end.error);
    applyHead(this.context, end.head);
    if (end.kind === 'stream') return nothing();
    const value = await this.take(end.value);
    if (!end.binary) return value;
    const { type, filename } = end.binary;
    return new BinaryResult(value as Buffer, { type, ...(filename !== undefined && { filename }) });
  }

  /** The end has been told, so the result is there. */
  private async found(): Promise<unknown> {
    const { state, result, deadBecause } = await this.snapshot();
    if (state === 'cancelled') throw new ModelError('The job was cancelled');
    if (state === 'dead') throw new ModelError(`The job died: ${deadBecause ?? 'nobody knows why'}`);
    return result;
  }

  /** Should Redis have gone since, it is asked until the request is over. */
  private async snapshot(): Promise<JobSnapshot> {
    for (;;) {
      try {
        const snapshot = await this.init.engine.find(this.id);
        if (snapshot) return snapshot;
        throw new ModelError('The result of a job is gone');
      } catch (error) {
        if (error instanceof ModelError) throw error;
        await delay(LOOK_AGAIN_MS, this.context.signal, this.init.clock);
      }
    }
  }

  private async take(wire: WireValue): Promise<unknown> {
    const value = await this.init.codec.decode(wire);
    this.init.codec.discard(wire);
    return value;
  }

  /** Nobody waits any more: the signal fires in the worker. Does nothing when the job is over. */
  private callOff(): void {
    this.reading.abort();
    this.events?.return?.().catch(() => undefined); // one that is given up in the middle holds nothing
    if (this.isOver) return;
    this.end();
    this.init.engine.cancel(this.id).catch(() => undefined); // Redis is away: the deadline ends the job
  }

  private end(result?: unknown): undefined {
    this.isOver = true;
    this.told = result;
    if (this.order) this.init.codec.discard(this.order);
  }
}

async function* nothing(): AsyncGenerator<never, void, void> {
  // a stream without items
}

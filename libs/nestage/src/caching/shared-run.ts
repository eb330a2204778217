import { contextStorage } from '../core/context/context-storage.js';
import { inContext } from '../core/context/in-context.js';
import type { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { RequestContext } from '../core/context/request-context.js';
import { marksOf } from '../core/context/request-marks.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { applyEffects, effectsOf, isSingleUse, type RunEffects, type SharedResult } from './shared-result.js';
import { StreamRecording } from './stream-recording.js';

/** @internal */
export interface SharedRunInit {
  /** Whose request it is run for at first. */
  readonly leader: RequestContext;
  readonly maxReplayBytes: number;
  readonly bytesOf: (value: unknown) => number;
  readonly copy: <T>(value: T) => T;
  /** Whether something other than the handler's `run` answered. */
  readonly isDegraded: (context: RequestContext) => boolean;
  /** Called once, when nobody may join any more. */
  readonly onClosed: () => void;
  /** Called with a result that all may have. @returns whether it is kept */
  readonly keep: (result: SharedResult) => boolean;
}

/** What a run has come to: a value, a stream to be read by all, or something that only one can be given. */
type Opened = { readonly effects: RunEffects } & (
  { readonly kind: 'value' | 'single'; readonly value: unknown } | { readonly kind: 'stream'; readonly recording: StreamRecording }
);

/**
 * One run that several requests wait for. It has a context of its own, detached from that of its first request: each request leaves when its
 * own signal fires, and only when the last one has left does the signal of the run fire, for the same reason.
 * @internal
 */
export class SharedRun {
  readonly context: RequestContext;
  private readonly sharers = new Set<RequestContext>();
  private readonly stateBefore: ReadonlyMap<PropertyKey, unknown>;
  private opened!: Promise<Opened>;
  private stream: StageStream | undefined;
  private isClosed = false;
  private isCopied = false;

  constructor(private readonly init: SharedRunInit) {
    marksOf(init.leader); // so that they are the same in the detached context
    this.context = init.leader.detached();
    this.stateBefore = new Map(this.context.state);
  }

  /** Begins the work, before anyone shares it. */
  start(work: (context: RequestContext) => unknown): void {
    this.opened = contextStorage.run(this.context, () => this.open(work));
    this.opened.catch(() => undefined); // each sharer is told
  }

  /**
   * Waits for the result on behalf of a request.
   * @param again runs for that request alone, should the result be of use to one only
   */
  share(sharer: RequestContext, again: () => unknown): Promise<unknown> {
    this.sharers.add(sharer);
    const { deadline } = this.context;
    this.context.deadline = deadline === undefined || sharer.deadline === undefined ? undefined : Math.max(deadline, sharer.deadline);
    return new Promise((resolve, reject) => {
      const release = sharer.onAbort((reason) => {
        // the last one waits for the run's end, as a request does that shares with nobody
        if (this.leave(sharer, reason)) reject(reason);
      });
      this.opened
        .then(
          (opened) => {
            release();
            return this.handOut(opened, sharer, again);
          },
          (error: unknown) => {
            release();
            throw error;
          },
        )
        .then(resolve, (error: Error) => {
          this.leave(sharer);
          reject(error);
        });
    });
  }

  private async open(work: (context: RequestContext) => unknown): Promise<Opened> {
    try {
      const value = await work(this.context);
      const effects = effectsOf(this.context, this.stateBefore);
      const isSingle = isSingleUse(value, effects);
      if (value instanceof StageStream && !isSingle) return { kind: 'stream', effects, recording: this.record(value, effects) };
      this.close();
      if (isSingle) {
        this.bindToLeader();
        return { kind: 'single', effects, value };
      }
      this.context.dispose();
      const isKept = this.keep({ content: { value }, effects });
      this.isCopied = isKept || this.sharers.size > 1;
      return { kind: 'value', effects, value };
    } catch (error) {
      this.close();
      this.context.dispose();
      throw error;
    }
  }

  private record(stream: StageStream, effects: RunEffects): StreamRecording {
    const { maxReplayBytes, bytesOf, copy } = this.init;
    this.stream = stream.observe({ rest: () => this.context.dispose() });
    return new StreamRecording({
      source: inContext(this.context, stream),
      maxBytes: maxReplayBytes,
      bytesOf,
      copy,
      onOverflow: () => this.close(),
      onEnd: (items) => {
        this.close();
        if (items) this.keep({ content: { items }, effects });
      },
    });
  }

  private handOut(opened: Opened, sharer: RequestContext, again: () => unknown): unknown {
    if (sharer.abortedBy) return opened.kind === 'stream' ? undefined : opened.value; // late: it is dropped
    if (opened.kind === 'single' && sharer !== this.init.leader) return again();
    const copy = this.isCopied || opened.kind === 'stream' ? this.init.copy : <T>(value: T): T => value;
    applyEffects(opened.effects, sharer, copy);
    if (this.init.isDegraded(this.context)) marksOf(sharer).isDegraded = true;
    if (opened.kind === 'stream') return this.replay(opened.recording, sharer);
    return copy(opened.value);
  }

  private replay(recording: StreamRecording, sharer: RequestContext): Promise<StageStream> {
    const reader = recording.read(() => {
      sharer.logger.warn(`Cut off: it reads the stream that it shares with others too slowly (log id ${this.context.logId})`);
      sharer.abort('deadline');
    });
    const release = sharer.onAbort((reason) => void this.leave(sharer, reason));
    // when its reader goes without an abort, or at the stream's end
    const end = (): void => {
      release();
      this.leave(sharer);
    };
    return StageStream.open(reader, sharer).then(
      (stream) => stream.observe({ end }),
      (error: unknown) => {
        end();
        throw error;
      },
    );
  }

  /** What only one can be given is that request's whose run it is, or nobody's, and lives as long as it does. */
  private bindToLeader(): void {
    const { leader } = this.init;
    leader.onAbort((reason) => this.context.abort(reason.abortCause, reason));
    leader.onDispose(() => this.context.dispose());
  }

  /** @returns whether others still wait for the run */
  private leave(sharer: RequestContext, reason?: RequestAbortedError): boolean {
    if (!this.sharers.delete(sharer)) return true;
    if (this.sharers.size > 0) return true;
    this.close();
    if (reason) {
      this.context.isDeadlineShortened = sharer.isDeadlineShortened;
      this.context.abort(reason.abortCause, reason);
    }
    this.stream?.discard(); // nobody may be reading it just now, who would notice
    return false;
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.init.onClosed();
  }

  private keep(result: Omit<SharedResult, 'logId'>): boolean {
    if (this.context.abortedBy || this.init.isDegraded(this.context)) return false;
    return this.init.keep({ ...result, logId: this.context.logId });
  }
}

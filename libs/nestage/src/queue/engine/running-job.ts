import { RequestAbortedError, type AbortCause } from '../../core/context/request-aborted.error.js';
import type { JobRun, JobWork } from '../../core/jobs/job-engine.js';
import { type JobOutcome, JobTryError } from '../../core/jobs/job.js';
import { describeThrown } from '../../core/errors/describe-thrown.js';
import type { EventOutbox } from './event-outbox.js';
import type { BegunTry } from './job-records.types.js';

/** What becomes of a job when a try of it has ended. @internal */
export type TryEnd =
  | { readonly kind: 'settle'; readonly outcome: JobOutcome }
  | { readonly kind: 'die'; readonly result?: unknown; readonly because: string }
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** The process goes down, or has lost the job: it is another's, and this try does not count. */
  | { readonly kind: 'return' }
  /** It is over already. */
  | { readonly kind: 'drop' };

const DEFAULT_BACKOFF_MS = 1000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How long work that ignores the signal of a shutdown is waited for. @internal */
export const LINGER_MS = 500;

/** One try of a job, from its beginning to its end in this process. @internal */
export class RunningJob implements JobRun {
  attempt = 0;
  private readonly controller = new AbortController();
  private outbox: EventOutbox | undefined;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Fires the signal; the first cause stands. */
  abort(cause: AbortCause): void {
    this.controller.abort(new RequestAbortedError(cause));
  }

  progress(progress: unknown): void {
    this.outbox?.tell('progress', progress);
  }

  async item(item: unknown): Promise<void> {
    this.signal.throwIfAborted();
    this.outbox?.tell('item', item);
    await this.outbox?.room();
    this.signal.throwIfAborted();
  }

  /** Does the work. Never rejects. */
  async run({ job, attempt }: BegunTry, work: JobWork, outbox: EventOutbox): Promise<TryEnd> {
    this.attempt = attempt;
    this.outbox = outbox;
    const stopDeadline = this.startDeadline(job.deadline);
    const lingering = this.shutdownLinger();
    try {
      const outcome = await Promise.race([work(job, this), lingering.over]);
      await outbox.whenWritten();
      return { kind: 'settle', outcome };
    } catch (error) {
      return this.afterFailure(error, job.tries, job.backoffMs ?? DEFAULT_BACKOFF_MS);
    } finally {
      lingering.stop();
      stopDeadline();
      outbox.close();
    }
  }

  private afterFailure(error: unknown, tries: number, backoffMs: number): TryEnd {
    const { abortCause } = (this.signal.reason ?? {}) as Partial<RequestAbortedError>;
    if (abortCause === 'cancelled') return { kind: 'drop' };
    if (abortCause === 'shutdown') return { kind: 'return' };
    if (abortCause === undefined && this.attempt < tries) return { kind: 'retry', delayMs: backoffMs * 2 ** (this.attempt - 1) };
    const { type, message } = describeThrown(error);
    const because = abortCause === 'deadline' ? 'its deadline passed while it ran' : message || type;
    return error instanceof JobTryError ? { kind: 'die', because, result: error.result } : { kind: 'die', because };
  }

  private startDeadline(deadline: number | undefined): () => void {
    if (deadline === undefined) return () => undefined;
    const leftMs = deadline - Date.now();
    if (leftMs > MAX_TIMER_MS) return () => undefined;
    const timer = setTimeout(() => this.abort('deadline'), Math.max(0, leftMs));
    return () => clearTimeout(timer);
  }

  /** Rejects some time after the process was told to go down. */
  private shutdownLinger(): { readonly over: Promise<never>; readonly stop: () => void } {
    let timer: NodeJS.Timeout | undefined;
    let onAbort!: () => void;
    const over = new Promise<never>((_, reject) => {
      onAbort = () => {
        const { abortCause } = this.signal.reason as RequestAbortedError;
        if (abortCause === 'shutdown') timer = setTimeout(() => reject(this.signal.reason as Error), LINGER_MS);
      };
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    const stop = (): void => {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', onAbort);
    };
    return { over, stop };
  }
}

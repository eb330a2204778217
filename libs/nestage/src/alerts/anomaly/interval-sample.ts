/** What one interval of one handler has shown. @internal */
export interface IntervalSample {
  readonly requests: number;
  readonly errors: number;
  /** Requests whose latency counts: those that were answered, or that ran into their deadline. */
  readonly timed: number;
  /** Mean and variance of the natural logarithm of their milliseconds. */
  readonly meanLog: number;
  readonly varianceLog: number;
}

/** Sums up the requests of an interval; nothing of a single request is kept. @internal */
export class IntervalCounter {
  requests = 0;
  private errors = 0;
  private timed = 0;
  private sum = 0;
  private sumOfSquares = 0;

  /** @param durationMs `undefined` for a request whose latency says nothing, such as one that failed early */
  record(durationMs: number | undefined, hasFailed: boolean): void {
    this.requests += 1;
    if (hasFailed) this.errors += 1;
    if (durationMs === undefined) return;
    const log = Math.log(Math.max(SHORTEST_MS, durationMs));
    this.timed += 1;
    this.sum += log;
    this.sumOfSquares += log * log;
  }

  /** The sample so far; counting begins anew. */
  take(): IntervalSample {
    const { requests, errors, timed, sum, sumOfSquares } = this;
    this.requests = this.errors = this.timed = this.sum = this.sumOfSquares = 0;
    const meanLog = timed > 0 ? sum / timed : 0;
    return { requests, errors, timed, meanLog, varianceLog: timed > 1 ? Math.max(0, (sumOfSquares - sum * meanLog) / (timed - 1)) : 0 };
  }
}

const SHORTEST_MS = 0.1;

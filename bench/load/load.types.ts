/** One request as it is sent over and over. */
export interface LoadRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  /** JSON text; none with GET. */
  readonly body?: string;
}

/** What all kinds of load have in common. */
interface LoadOptions {
  readonly port: number;
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
  readonly durationMs: number;
}

/** Each client sends its next request when the one before has been answered. */
export interface ClosedLoad extends LoadOptions {
  readonly kind: 'closed';
  readonly clients: number;
  /** Ends earlier, after so many requests. @default no limit */
  readonly maxRequests?: number;
  /**
   * Keeps its core busy while it waits, as a generator does that is at its limit. A server that is slower than that would pay for waking it
   * with each answer, up to 14 microseconds, which a client on another machine never costs.
   * @default false
   */
  readonly isAwake?: boolean;
}

/** Requests come at a rate, whether those before have been answered or not; a client that waits longer than `deadlineMs` hangs up. */
export interface OpenLoad extends LoadOptions {
  readonly kind: 'open';
  readonly perSecond: number;
  readonly deadlineMs: number;
  /** Requests of the first so many milliseconds are sent, but count for nothing. */
  readonly settleMs: number;
}

export type LoadJob = ClosedLoad | OpenLoad;

/** Milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadResult {
  readonly durationMs: number;
  /** Requests begun. */
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that ended before the answer did. */
  readonly lost: number;
  /** Clients that hung up at their deadline. */
  readonly late: number;
  /** From the request to the end of an answer with 200. */
  readonly latencyMs: LatencySummary;
  /** From the request to the first bytes of such an answer's body. */
  readonly firstByteMs: LatencySummary;
}

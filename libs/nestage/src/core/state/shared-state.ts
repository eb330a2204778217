/** How often something was done within a window; times in seconds. @internal */
export interface SharedCount {
  readonly totalHits: number;
  readonly timeToExpire: number;
  readonly isBlocked: boolean;
  readonly timeToBlockExpire: number;
}

/** Counts that all replicas of a service have in common. Port of rate limits, brought by whoever connects the replicas. @internal */
export abstract class SharedCounts {
  /**
   * Counts one more, in a sliding window.
   * @param blockMs how long whoever exceeds `limit` stays blocked; 0: until the window has room
   * @throws WebServiceError when the others can't be reached
   */
  abstract increment(key: string, windowMs: number, limit: number, blockMs: number): Promise<SharedCount>;
}

/** What a replica tells the others of a breaker. `held_open` is by an operator's word, until his next one. @internal */
export type SharedBreakerState = 'closed' | 'open' | 'held_open';

/** Told of what another replica has decided. @param forMs how long it stays open, of `open` @internal */
export type SharedBreakerListener = (state: SharedBreakerState, forMs: number) => void;

/** One breaker as all replicas have it. @internal */
export interface SharedBreaker {
  /** Tells the others, if they can be reached; never waits. */
  tell(state: SharedBreakerState, forMs: number): void;
  /** @returns whether the probe is this replica's: of all those that ask, one's. Where the others can't be reached, each has its own */
  claimProbe(): Promise<boolean>;
}

/** Breakers that all replicas of a service have in common. Port of the breakers, brought by whoever connects the replicas. @internal */
export abstract class SharedBreakers {
  /** @param listener is told at once of what the others have decided before, and of all that they decide later */
  abstract join(name: string, listener: SharedBreakerListener): SharedBreaker;
}

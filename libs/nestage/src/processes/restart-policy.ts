import { seconds } from '../common/duration.js';

/** Who lived for this long did not fail at its start. @internal */
export const YOUNG_MS = seconds(30);
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = seconds(30);
/** Deaths of young workers in a row, none of which became ready, after which there is no hope. */
const MAX_FAILED_STARTS = 5;

/**
 * How long to wait before a worker that has ended is replaced: 100 ms after one that lived long, doubled for each of its place in a row
 * that died young, up to 30 s.
 * @internal
 */
export class RestartPolicy {
  private readonly youngDeaths = new Map<number, number>();
  private failedStarts = 0;

  /** @returns the pause before its successor, in milliseconds */
  pauseAfter(place: number, livedMs: number): number {
    const deaths = livedMs < YOUNG_MS ? (this.youngDeaths.get(place) ?? -1) + 1 : 0;
    this.youngDeaths.set(place, deaths);
    return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** deaths);
  }

  becameReady(): void {
    this.failedStarts = 0;
  }

  failedToStart(): void {
    this.failedStarts++;
  }

  /** Whether so many failed to start in a row that the next one would, too. */
  get isHopeless(): boolean {
    return this.failedStarts >= MAX_FAILED_STARTS;
  }
}

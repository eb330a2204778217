import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import type { SharedBreaker } from '../../core/state/shared-state.js';

/** After so long a probe that another replica has is asked for again: that one may be lost. */
const ASK_AGAIN_MS = seconds(1);

/**
 * The one probe of all replicas. It is asked for when it is due, and nobody waits for the answer: whoever comes after it is the probe.
 * @internal
 */
export class ProbeClaim {
  private state: 'none' | 'asked' | 'ours' = 'none';
  private askAt = -Infinity;

  constructor(
    private readonly shared: SharedBreaker,
    private readonly clock: Clock,
  ) {}

  /** Whether this replica may probe now; asks for it where that is not known. */
  isOurs(): boolean {
    if (this.state === 'ours') return true;
    if (this.state === 'none' && this.clock.elapsed() >= this.askAt) this.ask();
    return false;
  }

  /** To be called with every change of state. */
  drop(): void {
    this.state = 'none';
  }

  private ask(): void {
    this.state = 'asked';
    void this.shared.claimProbe().then((isOurs) => {
      if (this.state !== 'asked') return; // somebody has decided meanwhile
      this.state = isOurs ? 'ours' : 'none';
      this.askAt = this.clock.elapsed() + ASK_AGAIN_MS;
    });
  }
}

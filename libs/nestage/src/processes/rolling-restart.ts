import type { Clock } from '../common/clock.js';
import type { Crew } from './crew.js';
import type { SupervisedWorker } from './supervised-worker.js';
import type { SupervisorLog } from './supervisor-log.js';

/** @internal */
export interface RollingRestartInit {
  readonly crew: Crew;
  readonly log: SupervisorLog;
  readonly clock: Clock;
  /** How much longer than its grace a worker may take to end. */
  readonly endLimitMs: number;
  /** Whether all workers are ended meanwhile. */
  readonly isEnding: () => boolean;
  /** Called for each worker that another has replaced. */
  readonly onReplaced: () => void;
}

/**
 * Replaces one worker after the other: its successor is ready before it drains. One whose successor does not start stays, and the round
 * ends there.
 * @internal
 */
export class RollingRestart {
  private isUnderWay = false;

  constructor(private readonly init: RollingRestartInit) {}

  /** One round at a time: a call while one is under way is refused in the log. */
  async run(): Promise<void> {
    const { crew, log } = this.init;
    if (this.isUnderWay) return log.say('WARNING', 'Rolling restart refused: one is under way');
    this.isUnderWay = true;
    const workers = crew.workers;
    log.say('INFO', `Rolling restart of ${workers.length} workers`);
    let isGoingOn = true;
    for (const worker of workers) isGoingOn &&= worker.isGone || (await this.replace(worker)); // of one that has gone the successor is new
    this.isUnderWay = false;
    if (isGoingOn) log.say('INFO', 'Rolling restart is done');
  }

  private async replace(old: SupervisedWorker): Promise<boolean> {
    const { crew, log, clock, endLimitMs, isEnding, onReplaced } = this.init;
    if (isEnding()) return false;
    const next = crew.spawn(old.place);
    if (next) await crew.until(() => next.hasBeenReady || next.isGone);
    if (isEnding()) return false;
    if (!next || next.isGone) {
      log.say('ERROR', `Worker ${old.place} can't be replaced: its successor did not start. It stays, and the rolling restart ends here`);
      return false;
    }
    onReplaced();
    old.retire();
    const cancel = clock.schedule(old.shutdownGraceMs + endLimitMs, () => old.kill('SIGKILL'));
    await crew.until(() => old.isGone);
    cancel();
    return true;
  }
}

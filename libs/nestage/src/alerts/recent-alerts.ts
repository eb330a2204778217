import type { Clock } from '../common/clock.js';
import type { Alert } from './alert.js';

/** @internal */
export const ALERTS_KEPT = 20;

/** The last alerts, for those who look on. @internal */
export class RecentAlerts {
  private readonly kept: (Alert & { readonly at: number })[] = [];

  constructor(private readonly clock: Clock) {}

  /** The newest first. */
  get latest(): readonly (Alert & { readonly at: number })[] {
    return [...this.kept].reverse();
  }

  add(alert: Alert): void {
    this.kept.push({ ...alert, at: this.clock.now() });
    if (this.kept.length > ALERTS_KEPT) this.kept.shift();
  }
}

import type { ProcessGroup } from '../core/processes/process-group.js';
import type { Alert } from './alert.js';

/** What an alert is about, the same in each process that sees it. @internal */
export interface Incident {
  readonly key: string;
  readonly state: Alert['state'];
  readonly cooldownMs: number;
}

/** Each process counts its own cooldown from its own alert: one that tells again may not find its own claim in its way. */
const HELD_SHARE = 0.9;

/**
 * Lets one of several processes tell of an incident that all of them see: the first, within a cooldown; and of its end the same one.
 * @internal
 */
export class SharedIncidents {
  private readonly told = new Set<string>();

  constructor(private readonly group: ProcessGroup) {}

  /** Whether there are others that may see the same. */
  get isShared(): boolean {
    return this.group.isShared;
  }

  async isOurs({ key, state, cooldownMs }: Incident): Promise<boolean> {
    if (state === 'recovered') return this.told.delete(key);
    const isGranted = await this.group.claims(`alert ${key}`, cooldownMs * HELD_SHARE);
    if (isGranted) this.told.add(key);
    return isGranted;
  }
}

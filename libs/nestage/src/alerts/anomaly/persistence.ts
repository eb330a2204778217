import type { Verdict } from './detector.js';

/** Samples looked back at, how many of them must be high, and how many must be normal one after the other. */
const LOOK_BACK = 5;
const NEEDED_HIGH = 3;
const NEEDED_NORMAL = 5;

/**
 * Whether an anomaly is on: three of five samples are out of the ordinary, until five in a row are back. So a blip of a minute or two, a
 * deploy's cold start, does not page, and one good minute does not end an incident.
 * @internal
 */
export class Persistence {
  private readonly recent: boolean[] = [];
  private normal = 0;
  private on = false;

  get isOn(): boolean {
    return this.on;
  }

  add({ state }: Verdict): boolean {
    this.recent.push(state === 'high');
    if (this.recent.length > LOOK_BACK) this.recent.shift();
    this.normal = state === 'normal' ? this.normal + 1 : 0;
    if (!this.on) this.on = state === 'high' && this.recent.filter(Boolean).length >= NEEDED_HIGH;
    else if (this.normal >= NEEDED_NORMAL) this.on = false;
    return this.on;
  }
}

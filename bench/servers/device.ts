import { setTimeout as sleep } from 'node:timers/promises';

/** What one call of the model takes, however many inputs it has. */
export const CALL_MS = 20;
/** Most inputs of a call. */
export const BATCH_SIZE = 32;
/** Calls that the device of the overload scenario works on at once. */
export const LANES = 4;

/** A device that works on a few calls at once and lets the others wait, as long as it takes, as a GPU's driver does. */
export class Device {
  private busy = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly lanes: number) {}

  async call<T>(input: T): Promise<T> {
    if (this.busy === this.lanes) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy++;
    await sleep(CALL_MS);
    const next = this.waiting.shift(); // takes the lane over
    if (next) next();
    else this.busy--;
    return input;
  }
}

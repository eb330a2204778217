import { existsSync } from 'node:fs';

/**
 * Loaded into a process by `--import`: as soon as the file `CLOCK_SHIFT_FILE` is there, its dates are an hour ahead, those of all its
 * children too. Durations are untouched.
 */
const file = process.env.CLOCK_SHIFT_FILE;
const HOUR_MS = 3_600_000;
const RealDate = globalThis.Date;
let shiftMs = 0;

const look = setInterval(() => {
  if (!file || !existsSync(file)) return;
  shiftMs = HOUR_MS;
  clearInterval(look);
}, 20);
look.unref();

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [Date.now()] : given));
  }
  static now() {
    return RealDate.now() + shiftMs;
  }
};

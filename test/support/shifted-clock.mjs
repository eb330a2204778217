/** Loaded into a process by `--import`: its dates are `CLOCK_SHIFT_MS` ahead, those of all its children too. Durations are untouched. */
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const RealDate = globalThis.Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [Date.now()] : given));
  }
  static now() {
    return RealDate.now() + shiftMs;
  }
};

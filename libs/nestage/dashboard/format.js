const WHOLE = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** @param {number} value */
export const count = (value) => WHOLE.format(value);

/**
 * Three digits of a duration, with its unit.
 *
 * @param {number | undefined} ms
 */
export function duration(ms) {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms > 0 && ms < 0.1) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 10) return `${ms.toFixed(ms === 0 ? 0 : 2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** @param {number} value of 100 */
export const percent = (value) => `${value.toFixed(value < 10 && value > 0 ? 1 : 0)} %`;

/** @param {number} value */
export const rate = (value) => (value === 0 ? '0' : value < 10 ? value.toFixed(1) : count(Math.round(value)));

/** @param {number} value */
export function bytes(value) {
  if (value < 1000) return `${value} B`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** @param {number} seconds */
export function uptime(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** @param {string | number} at */
export const clock = (at) => CLOCK.format(new Date(at));

/** `not_ready` as "not ready". @param {string} word */
export const words = (word) => word.replaceAll('_', ' ');

/** Milliseconds in `count` seconds: `timeoutMs: seconds(30)`. @publicApi */
export const seconds = (count: number): number => count * 1000;

/** Milliseconds in `count` minutes: `resetIntervalMs: minutes(5)`. @publicApi */
export const minutes = (count: number): number => seconds(count * 60);

/** Milliseconds in `count` hours. @publicApi */
export const hours = (count: number): number => minutes(count * 60);

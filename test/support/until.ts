import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves as soon as something that nobody announces has come true; the test's own timeout ends a vain wait. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(10);
}

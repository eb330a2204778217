import { setTimeout as sleep } from 'node:timers/promises';

/** Less than a test may take, so that a vain wait ends with its condition's text, and ends at all. */
const PATIENCE_MS = 150_000;

/** Resolves as soon as something that nobody announces has come true. @throws Error when it does not */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new Error(`This did not come true: ${String(isTrue)}`);
    await sleep(10);
  }
}

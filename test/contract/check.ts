import type { TestService } from '../support/test-service.js';
import type { Runs } from './scripted-model.js';

/** A service that speaks the protocol, reached at `url`, perhaps through something that spoils it. */
export interface Target {
  readonly url: string;
  readonly runs: Runs;
  readonly log: TestService['log'];
}

/** One thing that a real client must be able to do; fails by throwing. */
export interface Check<T = Target> {
  readonly title: string;
  readonly run: (target: T) => Promise<void>;
}

/** What something fails with. */
export async function failureOf<T extends Error>(work: PromiseLike<unknown>): Promise<T> {
  const outcome = await Promise.resolve(work).then(
    (value) => ({ value }),
    (error: T) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`did not fail, but gave ${JSON.stringify(outcome.value)}`);
}

/** All items of an iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

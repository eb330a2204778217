import { setImmediate as nextTurn } from 'node:timers/promises';

export const EVENTS_PER_STREAM = 200;

/** Tokens as a model gives them that has one ready at each turn of the event loop. */
export async function* tokens(): AsyncGenerator<{ readonly token: string }> {
  for (let number = 0; number < EVENTS_PER_STREAM; number++) {
    await nextTurn();
    yield { token: `word${number}` };
  }
}

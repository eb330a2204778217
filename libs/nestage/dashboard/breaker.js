import { askForKey } from './key.js';
import { part, setText } from './dom.js';

/**
 * Closes the breaker of a path. Where keys are demanded the service takes no sign-in for that, but the key itself.
 *
 * @param {{ base: string, path: string, button: HTMLButtonElement, said: HTMLElement, isKeyed: boolean }} reset `said` is heard
 */
export async function resetBreaker({ base, path, button, said, isKeyed }) {
  const key = isKeyed ? await askForKey(`The key of an operator is needed to reset the breaker of ${path}.`) : '';
  if (key === undefined) return;
  button.setAttribute('aria-disabled', 'true');
  const outcome = await ask(`${base}/breakers/reset?${new URLSearchParams({ path })}`, key);
  button.removeAttribute('aria-disabled');
  setText(part(button, 'resetWord'), outcome);
  setText(said, `${outcome}: the breaker of ${path}`);
}

/** @param {string} url @param {string} key @returns {Promise<string>} what came of it */
async function ask(url, key) {
  try {
    const reply = await fetch(url, { method: 'POST', headers: key ? { 'x-api-key': key } : {} });
    return reply.ok ? 'Reset' : `Refused (${reply.status})`;
  } catch {
    return 'No answer, try again';
  }
}

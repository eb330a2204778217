import { askForKey } from './key.js';
import { setText } from './dom.js';

/**
 * Closes the breaker of a path. Where keys are demanded the service takes no sign-in for that, but the key itself.
 *
 * @param {{ base: string, path: string, button: HTMLButtonElement, isKeyed: boolean }} reset
 */
export async function resetBreaker({ base, path, button, isKeyed }) {
  const key = isKeyed ? await askForKey(`The key of an operator is needed to reset the breaker of ${path}.`) : '';
  if (key === undefined) return;
  button.disabled = true;
  try {
    const query = new URLSearchParams({ path });
    const reply = await fetch(`${base}/breakers/reset?${query}`, { method: 'POST', headers: key ? { 'x-api-key': key } : {} });
    setText(button, reply.ok ? 'Reset' : `Refused (${reply.status})`);
  } catch {
    setText(button, 'No answer, try again');
  } finally {
    button.disabled = false;
  }
}

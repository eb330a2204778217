import { h } from './dom.js';

/**
 * Asks for an API key, which is kept nowhere.
 *
 * @param {string} reason
 * @returns {Promise<string | undefined>} `undefined` when nobody gives one
 */
export function askForKey(reason) {
  const input = h('input', { type: 'password', id: 'asked-key', autocomplete: 'off', spellcheck: 'false' });
  const dialog = h(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'key-title' },
    h(
      'form',
      { class: 'dialog-form', method: 'dialog' },
      h('h2', { id: 'key-title' }, 'API key'),
      h('p', {}, reason),
      h('p', { class: 'field' }, h('label', { for: 'asked-key' }, 'Key'), input),
      h(
        'p',
        { class: 'actions' },
        h('button', { type: 'submit', class: 'primary', value: 'given' }, 'Continue'),
        h('button', { type: 'submit', value: '' }, 'Cancel'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'given' && input.value ? input.value : undefined);
    });
  });
}

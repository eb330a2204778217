import { byId, setText } from './dom.js';

const KEY = 'nestage-theme';
const NEXT = /** @type {const} */ ({ system: 'light', light: 'dark', dark: 'system' });

/** @typedef {keyof typeof NEXT} Theme */

/** @returns {Theme} */
function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // storage may be forbidden
  }
}

/**
 * Follows the system's theme until the button says otherwise, and remembers that.
 *
 * @param {() => void} onChange is told after each change of colours
 */
export function followTheme(onChange) {
  const button = byId('theme');
  /** @param {Theme} theme */
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    setText(button, `Theme: ${theme}`);
    onChange();
  };
  let theme = stored();
  apply(theme);
  button.addEventListener('click', () => {
    theme = NEXT[theme];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // it holds for this page then
    }
    apply(theme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}

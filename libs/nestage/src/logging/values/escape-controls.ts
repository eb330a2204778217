/**
 * All that ends a line, steers a terminal or turns the order of what follows: C0, DEL, C1 (with NEL), the two Unicode line separators, and
 * the embeddings, overrides and isolates of writing from right to left. Ranges of a character class.
 * @internal
 */
export const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069`;

const EACH_CONTROL = new RegExp(`[${CONTROLS}]`, 'g');
const HAS_CONTROL = new RegExp(`[${CONTROLS}]`);

const SHORT: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Writes every control character and line separator as an escape, so that whatever a caller sends stays within its own line.
 * The escapes are those of JSON: JSON within a message stays valid.
 * @internal
 */
export function escapeControls(text: string): string {
  return HAS_CONTROL.test(text) ? text.replace(EACH_CONTROL, escape) : text;
}

function escape(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

import { SCRUB_RULES } from './scrub/scrub-rules.js';

const MAX_CHARS = 4096;
/** Passes after which a text that still changes is hidden whole. One settles nearly all texts, a second confirms it. */
const MAX_PASSES = 8;
/** A trailing piece without a space that a cut may have split: half a key no longer looks like a key. */
const SPLIT_TAIL = /(?<![!-~])[!-~]+$|[\ud800-\udbff]$/;

/**
 * Takes what is internal out of a text that a client will read: paths, stacks, addresses, process ids, secrets, inner URLs. Each is
 * replaced by a mark of its kind (`[path]`, `[stack]`, `[address]`, `[pid]`, `[secret]`, `[url]`); anything else passes unchanged.
 * The result is one line of at most 4096 characters (a longer one ends with `…`), and scrubbing it again changes nothing.
 * @internal
 */
export function scrubText(text: string): string {
  let scrubbed = capped(text);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = scrubbed;
    scrubbed = capped(SCRUB_RULES.reduce((rest, { pattern, replacement }) => rest.replace(pattern, replacement as string), before));
    if (scrubbed === before) return scrubbed;
  }
  return '[secret]';
}

/** The cap stands before the rules, so that no text of a client's choosing makes them slow, and after, since marks can be longer. */
function capped(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  const head = text.slice(0, MAX_CHARS - 1).replace(SPLIT_TAIL, '');
  return `${head.trimEnd()}…`;
}

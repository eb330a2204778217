import { ADDRESS_RULES } from './address-rules.js';
import { COMMAND_RULES } from './command-rules.js';
import { HEADER_RULES } from './header-rules.js';
import { HOST_RULES } from './host-rules.js';
import { KEY_RULES } from './key-rules.js';
import { LINE_RULES } from './line-rules.js';
import { PATH_RULES } from './path-rules.js';
import { PROCESS_RULES } from './process-rules.js';
import { SECRET_RULES } from './secret-rules.js';
import { URL_RULES } from './url-rules.js';
import type { ScrubRule } from './scrub-rule.js';
import { STACK_JOIN_RULES, STACK_RULES } from './stack-rules.js';

// Every pattern runs in linear time, since a client can choose the text of a validation error. That is: no repeat within a repeat that
// could split the same characters in two ways, and every open repeat either starts behind a look-behind on its own characters (so that a
// run is tried once, not from each of its positions) or has a small upper bound.

/**
 * All rules, in the order in which they run: what spans lines while there are lines; stacks and URLs, whose parts look like paths and
 * hosts; secrets, whose values may look like anything; paths before addresses, since a share's first step is a host; processes.
 * @internal
 */
export const SCRUB_RULES: readonly ScrubRule[] = [
  ...LINE_RULES,
  ...STACK_RULES,
  ...URL_RULES,
  ...HEADER_RULES,
  ...COMMAND_RULES,
  ...SECRET_RULES,
  ...KEY_RULES,
  ...PATH_RULES,
  ...ADDRESS_RULES,
  ...HOST_RULES,
  ...PROCESS_RULES,
  ...STACK_JOIN_RULES,
];

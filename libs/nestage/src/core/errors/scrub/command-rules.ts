import { hideCredential } from './header-rules.js';
import { MARKS, type ScrubRule } from './scrub-rule.js';
import { QUOTE, QUOTED } from './values.js';

/** Redis commands with a secret among their arguments. */
const LOGIN = String.raw`auth|hello|acl(?:\|?setuser)?|config(?:\|?set)?|migrate`;
const SETTING = 'requirepass|masterauth|setuser';
const MECHANISM = String.raw`(?:PLAIN|LOGIN|NTLM|GSSAPI|EXTERNAL|ANONYMOUS|X?OAUTH(?:2|BEARER)?|(?:CRAM|DIGEST)-MD5|SCRAM-[A-Z\d-]{1,20})\b`;
const ARGUMENTS = String.raw`${QUOTE}?arg(?:s|uments)${QUOTE}?\s?[:=]\s?`;
const IS_LOGIN = String.raw`${QUOTE}?name${QUOTE}?\s?[:=]\s?${QUOTE}(?:${LOGIN})${QUOTE}`;
/** Words that follow the name of a command in a sentence about it, in place of arguments. */
const ABOUT_A_COMMAND =
  'failed|failure|fails?|command|is|was|are|error|method|mechanism|type|required|requires|called|with|without|not|response|request|using|for|at|on|in|to|or|and|as';

/** Secrets among the arguments of a command that an error repeats. @internal */
export const COMMAND_RULES: readonly ScrubRule[] = [
  {
    name: 'arguments of a login command',
    pattern: new RegExp(
      String.raw`(${IS_LOGIN},?\s{0,3}${ARGUMENTS})\[(?!secret\])(?:${QUOTED}|[^\]"'\u0060\\]){1,1000}\]?|(${ARGUMENTS})\[(?!secret\])[^\]]{1,500}\](?=,?\s{0,3}${IS_LOGIN})`,
      'gi',
    ),
    replacement: (_match, after = '', before = '') => `${after}${before}${MARKS.secret}`,
  },
  {
    name: 'quoted words after a login command',
    pattern: new RegExp(
      String.raw`(${QUOTE}(?:AUTH|HELLO|${SETTING}|${SETTING.toUpperCase()})${QUOTE})(?:,?\s{0,3}(?!${QUOTE}\w{1,30}${QUOTE}\s?[:=])(?:${QUOTED}|\d\b))+|(${QUOTE}auth${QUOTE})(?:\s{1,3}${QUOTED})+`,
      'g',
    ),
    replacement: (_match, upper = '', lower = '') => `${upper}${lower} ${MARKS.secret}`,
  },
  {
    name: 'arguments of an unknown command',
    pattern: new RegExp(
      String.raw`(command ${QUOTE}[\w|-]{0,30}(?:auth|hello|pass|setuser|login)[\w|-]{0,30}${QUOTE},? with args beginning with: )(?:${QUOTED}[ ,]{0,3})+`,
      'gi',
    ),
    replacement: `$1${MARKS.secret}`,
  },
  {
    name: 'answers to a mail server',
    pattern: new RegExp(String.raw`\b(AUTH(?:ENTICATE)?\s${MECHANISM}[=:]?)\s(?!${MECHANISM})([\w.~+/=*-]{6,})`, 'gi'),
    replacement: hideCredential,
  },
  {
    name: 'bare words after a login command',
    // As in sentences, only what mixes letters and digits.
    pattern: new RegExp(
      String.raw`\b((?:AUTH|PASS|LOGIN|requirepass|masterauth)\s)(?!${MECHANISM}|(?:${ABOUT_A_COMMAND})\b)(?:[\w.@-]{1,64}\s)?(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])[^\s"'\u0060,;()<>[\]]{6,}`,
      'g',
    ),
    replacement: `$1${MARKS.secret}`,
  },
];

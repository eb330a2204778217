import { MARKS, type ScrubRule } from './scrub-rule.js';

const SOURCE_FILE = String.raw`(?:[cm]?[jt]sx?|py|java|kt|go|rs|c|cc|cpp|cxx|cu|h|hpp|cs|rb|php|scala|swift)`;

/** Stacks that stand on one line. @internal */
export const STACK_RULES: readonly ScrubRule[] = [
  {
    name: 'Python tracebacks',
    pattern:
      /Traceback \(most recent call (?:last|first)\).*?(?=(?:\s|\\n)[A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt|Exit|Warning|Stop\w{0,20})(?::|\s*$)|$)/g,
    replacement: MARKS.stack,
  },
  { name: 'Python frames', pattern: /File \\?["'][^"'\n]{1,400}["'], line \d+(?:,? in [\w<>.]{1,100})?/g, replacement: MARKS.stack },
  {
    name: 'Node frames of eval',
    pattern: /\bat \S{1,100} \(eval at [^()]{1,200}\([^()]{1,400}\)(?:, [^()]{1,200})?\)/g,
    replacement: MARKS.stack,
  },
  {
    name: 'Node frames',
    pattern:
      /\bat (?:async |new )?[^\s()]{1,200}(?: \[as [^\]]{1,80}\])? \((?:[^()\s]{1,400}:\d+(?::\d+)?|<anonymous>|native|index \d+)\)/g,
    replacement: MARKS.stack,
  },
  {
    name: 'Node frames without a function',
    pattern: /\bat (?:async )?(?:(?:file:\/\/|node:|\/|[A-Za-z]:[\\/])[^\s()]{1,400}:\d+(?::\d+)?|<anonymous>)/g,
    replacement: MARKS.stack,
  },
  {
    name: 'Java and .NET frames',
    pattern:
      /\bat [\w$./<>]{1,300}\((?:[\w$]{1,100}\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)|\bat [\w.`<>[\], ]{1,200}\([^()]{0,200}\) in [^\s]{1,300}:line \d+/g,
    replacement: MARKS.stack,
  },
  { name: 'Java frame counts', pattern: /\.\.\. \d+ (?:more|common frames omitted)/g, replacement: MARKS.stack },
  {
    name: 'Go frames',
    pattern:
      /goroutine \d+ \[[^\]]{1,60}\]:?|created by \S{1,200} in goroutine \d+|(?<![\w./*-])[\w./*-]{1,200}(?:\(\*?\w{1,60}\)[\w.]{1,100})?\([^()]{0,300}\)\s{1,3}(?=\S{1,300}\.(?:go|s):\d)|(?<![\w./-])[\w./-]{1,300}\.(?:go|s):\d+(?: \+0x[\da-f]+)?|(?<=\)) ?\+0x[\da-f]+/g,
    replacement: MARKS.stack,
  },
  {
    name: 'native frames',
    pattern: /#\d{1,3}:?\s{1,3}0x[\da-f]+(?: in [^\s()]{1,200})?|\(_Z[\w.$]{1,300}(?:\+0x[\da-f]+)?\)|\(\+0x[\da-f]+\)/gi,
    replacement: MARKS.stack,
  },
  {
    name: 'source lines',
    pattern: new RegExp(
      String.raw`(?<![\w./@\\:-])(?:node:)?(?:[\w.@-]{1,80}\/){0,20}[\w.@-]{1,80}\.${SOURCE_FILE}:\d+(?::\d+)?(?!\w)|node:[\w/]{1,200}:\d+(?::\d+)?`,
      'g',
    ),
    replacement: MARKS.stack,
  },
];

/** Joins what the others left; the last of all. @internal */
export const STACK_JOIN_RULES: readonly ScrubRule[] = [
  { name: 'several stacks in a row', pattern: /\[stack\](?:[\s,;:|]*\[stack\])+/g, replacement: MARKS.stack },
];

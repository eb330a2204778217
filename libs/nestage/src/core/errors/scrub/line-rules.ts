import { MARKS, type ScrubRule } from './scrub-rule.js';

/** What spans lines, while there are lines. @internal */
export const LINE_RULES: readonly ScrubRule[] = [
  {
    name: 'line ends written as \\n within a stack',
    pattern: /(?:\\r)?\\n(?=(?:\\t|\s)*(?:at |File \\?"|[~^]+|[A-Za-z_][\w.]{0,80}(?:Error|Exception)\b|\.\.\. \d))/g,
    replacement: '\n',
  },
  { name: 'terminal colours', pattern: new RegExp(String.raw`\u001b\[[\d;]{0,20}[A-Za-z]`, 'g'), replacement: '' },
  { name: 'PEM blocks', pattern: /-----BEGIN [A-Z0-9 ]{1,40}-----[^]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g, replacement: MARKS.secret },
  { name: 'multi-line stacks', pattern: /^[^]*[\r\n][^]*$/, replacement: dropStackLines },
  { name: 'control characters', pattern: /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, replacement: ' ' },
];

const FRAME_LINES: readonly RegExp[] = [
  /^\s*at .{0,1000}(?::\d+\)?|\(native\)|<anonymous>\)?|\(index \d+\)|\(Native Method\)|\(Unknown Source\)|:line \d+)\s*$/,
  /^\s*File ".{1,500}", line \d+/,
  /^\s*Traceback \(most recent call /,
  /^(?:During handling of the above|The above exception was the direct)/,
  /^\s*\.\.\. \d+ (?:more|common frames)/,
  /^\s*Caused by: /,
  /^\s*goroutine \d+ \[/,
  /^\s*created by \S*[.(]\S*(?: in goroutine \d+)?$/,
  /^\s*\S{1,500}\.(?:go|s):\d+/,
  /^\s*#\d{1,3}:?\s+(?:0x[\da-f]+|\S.{0,500}\) (?:at|from) |\S{1,500}\.php\(\d+\))/i,
  /^\s*frame #\d+:/,
  /^\s*\d{1,3}:\s+(?:0x[\da-f]+|[\w<>]+::)/,
  /^\s*(?:stack backtrace|stack trace|call stack|backtrace):?\s*$/i,
  /\[0x[\da-f]+\]\s*$/i,
  /^\s*[~^]+\s*$/,
];
const GO_CALL = /^[\w./*()-]{1,300}\(.*\)\s*$/;

/** Frames go, and with them the source lines that Python and Go print beside each; a message that follows the frames stays. */
function dropStackLines(text: string): string {
  const kept: string[] = [];
  let isInPython = false;
  let isInGo = false;
  for (const line of text.split(/\r\n|[\r\n]/)) {
    const isFrame = FRAME_LINES.some((frame) => frame.test(line));
    const isBesideFrame = (isInPython && /^\s+\S/.test(line)) || (isInGo && GO_CALL.test(line));
    if (isFrame) isInPython = /^\s*(?:File "|Traceback )/.test(line) || (isInPython && /^\s/.test(line));
    if (!isFrame && !isBesideFrame) isInPython = false;
    isInGo ||= /^\s*goroutine \d+ \[/.test(line);
    if (!isFrame && !isBesideFrame) kept.push(line);
    else if (kept.at(-1) !== MARKS.stack) kept.push(MARKS.stack);
  }
  return kept.join('\n').trim();
}

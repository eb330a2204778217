/** One kind of thing that must not leave, and what stands in its place. @internal */
export interface ScrubRule {
  /** What it takes out, in words: the title of its test. */
  readonly name: string;
  readonly pattern: RegExp;
  /** As in `String.replace`; a function may look closer and give the match back. */
  readonly replacement: string | ((match: string, ...groups: string[]) => string);
}

/** What stands in the place of a thing of each kind. @internal */
export const MARKS = {
  path: '[path]',
  address: '[address]',
  pid: '[pid]',
  secret: '[secret]',
  stack: '[stack]',
  url: '[url]',
} as const;

/** Any mark, as a part of a pattern. @internal */
export const ANY_MARK = String.raw`\[(?:path|address|pid|secret|stack|url)\]`;

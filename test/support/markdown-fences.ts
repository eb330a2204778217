import { readFileSync } from 'node:fs';

/** A fenced code block of a Markdown file. */
export interface Fence {
  readonly file: string;
  /** Line of the file on which the code begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** Text of the HTML comment right above the fence, if any: `<!-- handler: main.ts -->`. */
  readonly mark: string | undefined;
}

/** All fenced blocks of a file. */
export function fencesOf(file: string): Fence[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:<!-- ([^>]+) -->\n\n?)?^```(\w+)\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: text.slice(0, match.index + match[0].indexOf('```')).split('\n').length + 1,
    language: match[2],
    code: match[3],
    mark: match[1],
  }));
}

/** What a log line shows of something. @internal */
export interface Described {
  readonly text: string;
  /** Whether all of it is constant words and plain texts, so that a line of it needs no look for secrets and controls. */
  readonly isPlain: boolean;
}

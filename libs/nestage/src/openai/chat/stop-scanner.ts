/** What may be passed on of a text, and whether a stop sequence has come. @internal */
export interface Scanned {
  readonly text: string;
  readonly isStopped: boolean;
}

/**
 * Looks for stop sequences in a text that comes in pieces, across their borders: what may be the beginning of one is held back until it is
 * known. The earliest sequence ends the text; of two at one place it makes no difference which.
 * @internal
 */
export class StopScanner {
  private held = '';

  constructor(private readonly stops: readonly string[]) {}

  push(piece: string): Scanned {
    if (this.stops.length === 0) return { text: piece, isStopped: false };
    const text = this.held + piece;
    const at = this.earliestIn(text);
    if (at >= 0) {
      this.held = '';
      return { text: text.slice(0, at), isStopped: true };
    }
    const heldLength = Math.max(...this.stops.map((stop) => beginningAtEnd(text, stop)));
    this.held = text.slice(text.length - heldLength);
    return { text: text.slice(0, text.length - heldLength), isStopped: false };
  }

  /** What was held back, at the end of the text. */
  flush(): string {
    const { held } = this;
    this.held = '';
    return held;
  }

  private earliestIn(text: string): number {
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    return found.length > 0 ? Math.min(...found) : -1;
  }
}

/** How many characters at the end of a text are the beginning of a stop sequence. */
function beginningAtEnd(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}

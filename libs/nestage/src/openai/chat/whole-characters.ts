/**
 * Joins a text that comes in pieces, as UTF-8 or as strings cut inside a character, into pieces of whole characters: half an emoji means
 * nothing to a client.
 * @internal
 */
export class WholeCharacters {
  private readonly decoder = new TextDecoder();
  private held = '';

  push(piece: string | Uint8Array): string {
    const text = this.held + (typeof piece === 'string' ? piece : this.decoder.decode(piece, { stream: true }));
    const isHalf = HIGH_SURROGATE.test(text.slice(-1));
    this.held = isHalf ? text.slice(-1) : '';
    return isHalf ? text.slice(0, -1) : text;
  }

  /** What is left at the end: half a character is written as the sign for an unknown one. */
  flush(): string {
    const text = this.held + this.decoder.decode();
    this.held = '';
    return text.replace(HIGH_SURROGATE, '\ufffd');
  }
}

const HIGH_SURROGATE = /[\ud800-\udbff]$/;

import type { Tokenizer } from '../tokenizer.js';

/** Counts the tokens of a reply and cuts it where its limit is passed. A reply that ends just there is whole. @internal */
export class TokenLimit {
  private count = 0;
  private isPassed = false;

  constructor(
    private readonly tokenizer: Tokenizer | undefined,
    private readonly limit: number | undefined,
  ) {}

  /** Tokens so far, without what was cut off. */
  get used(): number {
    return this.count;
  }

  /** Whether something was cut off. */
  get isFull(): boolean {
    return this.isPassed;
  }

  /** The text as far as the limit lets it through. */
  take(text: string): string {
    if (!this.tokenizer || text === '' || this.isPassed) return this.isPassed ? '' : text;
    const tokens = this.tokenizer.split(text);
    const left = (this.limit ?? Infinity) - this.count;
    if (tokens.length <= left) {
      this.count += tokens.length;
      return text;
    }
    this.isPassed = true;
    this.count += left;
    return tokens.slice(0, left).join('');
  }
}

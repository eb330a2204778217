/** Bytes of a row: one that says how long the text is, and the text. */
const ROW = 64;
const MAX_LENGTH = ROW - 1;
const MAX_UNIT = 0xff;

/**
 * Short texts by row, one written over another again and again. They are kept as bytes: a new string in an object that has lived for long must be
 * remembered, moved, and moved again by the garbage collector, each time.
 * @internal
 */
export class TextColumn {
  private readonly bytes: Uint8Array;
  /** Texts by row that are longer than a row or not Latin-1. */
  private readonly others = new Map<number, string>();

  constructor(rows: number) {
    this.bytes = new Uint8Array(rows * ROW);
  }

  set(row: number, text: string): void {
    if (this.write(row * ROW, text)) this.others.delete(row);
    else this.others.set(row, text);
  }

  get(row: number): string {
    const start = row * ROW + 1;
    const length = this.bytes[start - 1] ?? 0;
    return this.others.get(row) ?? String.fromCharCode(...this.bytes.subarray(start, start + length));
  }

  /** As `get(row) === text`, without making a text. */
  equals(row: number, text: string): boolean {
    const other = this.others.get(row);
    if (other !== undefined) return other === text;
    const start = row * ROW;
    if (this.bytes[start] !== text.length) return false;
    for (let index = 0; index < text.length; index++) if (this.bytes[start + 1 + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** @returns whether there was room for it */
  private write(start: number, text: string): boolean {
    const { bytes } = this;
    const { length } = text;
    if (length > MAX_LENGTH) return false;
    bytes[start] = length;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > MAX_UNIT) return false;
      bytes[start + 1 + index] = unit;
    }
    return true;
  }
}

/** A position in pixels, x to the right and y down, from the top left corner of the upright image (EXIF orientation applied). */
export type Point = readonly [x: number, y: number];

/**
 * The rectangle around a line of text, turned as the text is. Corners follow the reader: where the line begins on top, where it ends on top, where it
 * ends at the bottom, where it begins at the bottom. The text of a page that lies on its side therefore starts at a corner that is not the leftmost.
 */
export type Box = readonly [Point, Point, Point, Point];

/** A decoded image: 8 bits a channel, red, green, blue, row by row, without padding. */
export interface RgbImage {
  /** width x height x 3 bytes. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How far a page is turned clockwise from upright, in degrees. */
export type Rotation = 0 | 90 | 180 | 270;

/** One line of text that was read. */
export interface OcrLine {
  /** Spaces between English words may be missing: compare without them. */
  readonly text: string;
  /** Mean probability of the line's characters, 0.5 to 1: less certain lines are left out. */
  readonly confidence: number;
  /** Whole pixels of the upright image; may reach a little over its edges. */
  readonly box: Box;
}

/** Time spent in each step, in milliseconds. */
export interface OcrTimings {
  readonly decodeMs: number;
  readonly detectMs: number;
  readonly orientMs: number;
  readonly recogniseMs: number;
}

/** All that was read from one image. */
export interface OcrPage {
  /** The lines in reading order: pieces of one row joined by a space, rows by a line feed. Empty when nothing was found. */
  readonly text: string;
  /** In reading order. */
  readonly lines: readonly OcrLine[];
  /** Width of the upright image in pixels. */
  readonly width: number;
  /** Height of the upright image in pixels. */
  readonly height: number;
  /** How far the text is turned clockwise in the upright image. */
  readonly rotation: Rotation;
  readonly timings: OcrTimings;
}

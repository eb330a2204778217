/** A black and white PNG of 171 x 62 pixels, drawn once: no font is needed where the service runs. */
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAKsAAAA+AQMAAABujXmqAAAABlBMVEX///8AAABVwtN+AAAACXBIWXMAAAsTAAALEwEAmpwYAAAAx0lEQVQ4y+3PPQrCQBCG4W9cSBBC0o4QEG8w6VIIe5WksdZecEPAc23IRQJeQDsLcY2R/FjpAfKWD8MMA8zN/deJHKyuYdc4+laZnitHjb4VRttndPV7zipDjaQ1UJ0h0YRVJvEFyEvwcsoiwe7Dq5HdouUtUCtIMpwsnMcSxKCW95uBybyZQaVClvecFyboWCkFW01ORo83h+24cc0Xx4yYSh/O9pwbDiVlpHQOQcOSg2NPXxnd8yMnTjxtGafmuL4PPDf3qxfeE0iu6HW2zgAAAABJRU5ErkJggg==';

/** A picture that is read before a worker takes its first client's. */
export const warmUpImage = {
  /** What it says, without the space: spaces are not dependable. */
  text: 'READY2024',
  /** A fresh copy of the PNG file. */
  bytes: (): Uint8Array => Buffer.from(png, 'base64'),
} as const;

import { Injectable } from '@nestjs/common';
import { WebServiceError } from 'nestage';

/** Pixels that pages outside the model's own threads may have at once: 3 bytes each while they are turned into a file for it. */
const MAX_PIXELS = 120e6;

/** Bounds the memory of decoded pages by what their headers say, before a pixel is decoded. */
@Injectable()
export class PixelAdmission {
  private taken = 0;

  /** @throws WebServiceError `overloaded` when pages at work have too many pixels already, unless this is the only one */
  async during<T>(pixels: number, work: () => Promise<T>): Promise<T> {
    if (this.taken > 0 && this.taken + pixels > MAX_PIXELS) {
      throw new WebServiceError(`Pages at work would have ${this.taken + pixels} pixels, over ${MAX_PIXELS}`, { code: 'overloaded' });
    }
    this.taken += pixels;
    try {
      return await work();
    } finally {
      this.taken -= pixels;
    }
  }
}

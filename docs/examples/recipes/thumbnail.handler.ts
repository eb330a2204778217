import sharp from 'sharp';
import { IsInstance, Max, Min } from 'class-validator';
import { BinaryResult, megabytes, StageHandler } from 'nestage';
import { images, UploadedFile } from 'nestage/uploads';

class Thumbnail {
  @IsInstance(UploadedFile)
  file!: UploadedFile;

  @Min(16)
  @Max(1024)
  width: number = 128;
}

/** A picture in, a smaller one out. */
@StageHandler('/v1/thumbnails', {
  request: Thumbnail,
  upload: images({ field: 'file', maxBytes: megabytes(10) }),
  produces: ['image/webp'],
})
export class ThumbnailHandler {
  async run({ file, width }: Thumbnail) {
    const small = await sharp(await file.bytes())
      .resize({ width })
      .webp()
      .toBuffer();
    return new BinaryResult(small, { type: 'image/webp', filename: 'thumbnail.webp' });
  }
}

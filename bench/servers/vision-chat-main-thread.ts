// apps/vision-chat as it would be without worker threads: its model reads in the main thread.
import sharp from 'sharp';
import { startWebService } from 'nestage';
import { AppModule } from '../../apps/vision-chat/src/app.module.js';
import { readAppEnvironment } from '../../apps/vision-chat/src/environment.js';
import { OcrModel } from '../../apps/vision-chat/src/ocr-model.js';
import { OcrEngine } from '../../apps/vision-chat/src/ocr/ocr-engine.js';

// As in a worker.
sharp.cache(false);
sharp.concurrency(1);

let engine: OcrEngine;

Object.assign(OcrModel.prototype, {
  async initialize() {
    engine = await OcrEngine.load();
    await engine.warmUp();
  },
  read: (image: Uint8Array) => engine.recognise(image),
  dispose: () => engine.release(),
});

await startWebService(() => AppModule.of(readAppEnvironment()));

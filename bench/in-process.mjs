// The contrast of liveness.mjs: the same service, but its model reads in the main thread.
import sharp from 'sharp';
import { AppModule } from '../dist/apps/vision-chat/src/app.module.js';
import { OcrEngine } from '../dist/apps/vision-chat/src/ocr/ocr-engine.js';
import { OcrModel } from '../dist/apps/vision-chat/src/ocr-model.js';
import { startWebService } from '../dist/libs/nestage/src/index.js';

// As in a worker.
sharp.cache(false);
sharp.concurrency(1);

let engine;

Object.assign(OcrModel.prototype, {
  async initialize() {
    engine = await OcrEngine.load();
    await engine.warmUp();
  },
  read: (image) => engine.recognise(image),
  dispose: () => engine.release(),
});

await startWebService(AppModule);
